/** Mercurius on Fastify, with its own loaders in place of DataLoader, and its just-in-time compiler of queries. */
import Fastify from 'fastify'
import mercurius from 'mercurius'
import * as database from './database.js'
import { scalars, typeDefs } from './schema.js'

// With its cache on, Mercurius writes out each key as JSON; nothing here is asked for twice under one key, so it is off.
const opts = { cache: false }

const load = batch => ({ loader: queries => batch(queries.map(({ obj }) => obj)), opts })

/** Queries with the same arguments become one statement. */
const loadPage = batch => ({ loader: queries => answersByPage(queries, batch), opts })

async function answersByPage(queries, batch) {
  const groups = Map.groupBy(queries.keys(), index => `${queries[index].params.first} ${queries[index].params.after}`)
  const answers = new Array(queries.length)
  for (const indexes of groups.values()) {
    const found = await batch(indexes.map(index => queries[index].obj), queries[indexes[0]].params)
    indexes.forEach((index, position) => { answers[index] = found[position] })
  }
  return answers
}

const app = Fastify()
app.register(mercurius, {
  schema: typeDefs,
  resolvers: { ...scalars, Query: { organization: (_root, { slug }) => database.organizationBySlug(slug) } },
  loaders: {
    Organization: {
      teams: load(database.teamsOfOrganizations),
      tasks: loadPage(database.newestTasksOfOrganizations),
      teamConnection: loadPage(database.teamConnections),
    },
    Team: {
      members: load(database.membersOfTeams),
      memberConnection: loadPage(database.memberConnections),
    },
    TeamMember: {
      user: load(database.usersOfMembers),
      tasks: load(database.tasksOfMembers),
      taskConnection: loadPage(database.taskConnections),
    },
    Task: {
      assignee: load(database.assigneesOfTasks),
      team: load(database.teamsOfTasks),
    },
  },
  jit: 1, // a query is compiled when it comes for the second time
})

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
