/** What Apollo Server and GraphQL Yoga have in common: resolvers over DataLoader, new loaders for each request. */
import DataLoader from 'dataloader'
import * as database from './database.js'
import { scalars } from './schema.js'

const load = (name, batch) => (parent, _arguments, { loaders }) => loaders.rows(name, batch).load(parent)
const loadPage = (name, batch) => (parent, page, { loaders }) => loaders.pages(name, batch, page).load(parent)

export const resolvers = {
  ...scalars,
  Query: { organization: (_root, { slug }) => database.organizationBySlug(slug) },
  Organization: {
    teams: load('teams', database.teamsOfOrganizations),
    tasks: loadPage('newest tasks', database.newestTasksOfOrganizations),
    teamConnection: loadPage('team connections', database.teamConnections),
  },
  Team: {
    members: load('members', database.membersOfTeams),
    memberConnection: loadPage('member connections', database.memberConnections),
  },
  TeamMember: {
    user: load('user', database.usersOfMembers),
    tasks: load('tasks', database.tasksOfMembers),
    taskConnection: loadPage('task connections', database.taskConnections),
  },
  Task: {
    assignee: load('assignee', database.assigneesOfTasks),
    team: load('team', database.teamsOfTasks),
  },
}

/** The loaders of one request. Keys are parent rows, compared by identity: cheaper than any key made of them. */
export class Loaders {
  #known = new Map()

  rows(name, batch) {
    return this.#find(name, batch)
  }

  /** One loader for each set of arguments. */
  pages(name, batch, page) {
    return this.#find(`${name} ${page.first} ${page.after}`, parents => batch(parents, page))
  }

  #find(name, batch) {
    if (!this.#known.has(name)) this.#known.set(name, new DataLoader(batch))
    return this.#known.get(name)
  }
}
