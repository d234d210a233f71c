/** GraphQL Yoga over Node's HTTP server and DataLoader. It caches parsed and validated documents by itself. */
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { Loaders, resolvers } from './loaders.js'
import { typeDefs } from './schema.js'

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: () => ({ loaders: new Loaders() }),
  graphqlEndpoint: '/graphql',
  graphiql: false,
  logging: false,
})

createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1')
