/** Apollo Server with its standalone HTTP server and DataLoader. */
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { startStandaloneServer } from '@apollo/server/standalone'
import { Loaders, resolvers } from './loaders.js'
import { typeDefs } from './schema.js'

const server = new ApolloServer({
  typeDefs,
  resolvers,
  // On by default, and called for every field, although no type here has a cache hint: without it Apollo is faster.
  plugins: [ApolloServerPluginCacheControlDisabled()],
})

await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(process.env.PORT) },
  context: async () => ({ loaders: new Loaders() }),
})
