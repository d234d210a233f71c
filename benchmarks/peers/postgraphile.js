/** PostGraphile 5: the schema is made from the tables, and its planner turns each query into few statements. */
import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { jsonPgSmartTags } from 'postgraphile/utils'

// No foreign key leads from tasks straight to organizations, and it is along those that PostGraphile draws its edges.
const tasksOfOrganizations = jsonPgSmartTags({
  version: 1,
  config: { class: { tasks: { tags: { foreignKey: '(organization_id) references organizations (id)' } } } },
})

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [tasksOfOrganizations],
  // It would leave out conditions and orders on columns that begin no index. Ours all begin with organization_id.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  pgServices: [makePgService({ connectionString: 'postgresql:///', poolConfig: { max: 10 } })], // to PGHOST and so on
  schema: { defaultBehavior: 'list connection' }, // plain lists too: the workloads ask for both
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: { explain: false },
}

const server = createServer()
await postgraphile(preset).createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
