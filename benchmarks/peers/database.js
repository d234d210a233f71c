/**
 * The statements of the JavaScript peers, each for a whole batch of parents, answers in the order of the parents.
 *
 * Only what a query may ask for is selected, statements are named so that PostgreSQL plans them once, and every condition
 * begins with organization_id, as the primary keys and indexes of the tables do. Where to connect is in PGHOST and so on.
 */
import pg from 'pg'

const pool = new pg.Pool({ max: 10 }) // as many connections as every contender has

const TEAM = {
  table: 'teams AS row',
  columns: 'row.id, row.organization_id, row.key, row.name',
  order: 'name',
  direction: 'ASC',
}
const MEMBER = {
  table: `team_members AS row JOIN organization_members AS person
    ON person.organization_id = row.organization_id AND person.id = row.organization_member_id`,
  columns: 'row.id, row.organization_id, row.team_id, row.created_at AS "createdAt", person.user_id',
  order: 'created_at',
  direction: 'ASC',
}
const TASK = {
  table: 'tasks AS row',
  columns: `row.id, row.organization_id, row.team_id, row.assignee_id, row.number, row.title, row.status, row.priority,
    row.created_at AS "createdAt"`,
  order: 'created_at',
  direction: 'DESC',
}
const PROPERTY = { name: 'name', created_at: 'createdAt' } // of a row, by the column that its list is ordered by

export const organizationBySlug = async slug =>
  (await run('organization', 'SELECT id, name, slug FROM organizations WHERE slug = $1 AND deleted_at IS NULL', [slug]))[0]

export const usersOfMembers = async members => {
  const ids = members.map(member => member.user_id)
  return inOrder(ids, await run('users', 'SELECT id, name FROM users WHERE id = ANY($1)', [ids]))
}

export const teamsOfTasks = tasks => rowsById(TEAM, tasks, 'team_id')
export const assigneesOfTasks = tasks => rowsById(MEMBER, tasks, 'assignee_id')

export const teamsOfOrganizations = organizations => lists(TEAM, organizations, 'organization_id')
export const membersOfTeams = teams => lists(MEMBER, teams, 'team_id')
export const tasksOfMembers = members => lists(TASK, members, 'assignee_id')
export const newestTasksOfOrganizations = (organizations, { first }) =>
  firstRows(TASK, organizations, 'organization_id', { first })

export const teamConnections = (organizations, page) => connections(TEAM, organizations, 'organization_id', page)
export const memberConnections = (teams, page) => connections(MEMBER, teams, 'team_id', page)
export const taskConnections = (members, page) => connections(TASK, members, 'assignee_id', page)

async function rowsById({ table, columns }, owners, reference) {
  const ids = owners.map(owner => owner[reference])
  const text = `SELECT ${columns} FROM ${table} WHERE row.organization_id = ANY($1) AND row.id = ANY($2)`
  return inOrder(ids, await run(`${reference} rows`, text, [organizationIds(owners), ids]))
}

/** All rows of each parent. */
async function lists({ table, columns, order, direction }, parents, reference) {
  const text = `
    SELECT ${columns} FROM ${table}
     WHERE row.organization_id = ANY($1) AND row.${reference} = ANY($2) AND row.deleted_at IS NULL
     ORDER BY row.${order} ${direction}, row.id ${direction}`
  const rows = await run(`${reference} lists`, text, [organizationIds(parents), parents.map(parent => parent.id)])
  return dealt(rows, parents, reference)
}

/** The first rows of each parent after a place in the list: LATERAL reads no more of the index than the page needs. */
async function firstRows({ table, columns, order, direction }, parents, reference, { first, after }) {
  const place = after ? `AND (row.${order}, row.id) ${direction === 'ASC' ? '>' : '<'} ($4, $5)` : ''
  const text = `
    SELECT page.* FROM unnest($1::uuid[], $2::uuid[]) AS parent (organization_id, id) CROSS JOIN LATERAL (
      SELECT ${columns} FROM ${table}
       WHERE row.organization_id = parent.organization_id AND row.${reference} = parent.id AND row.deleted_at IS NULL ${place}
       ORDER BY row.${order} ${direction}, row.id ${direction} LIMIT $3
    ) AS page`
  const ids = parents.map(parent => parent.id)
  const values = [parents.map(organizationId), ids, first, ...(after ? decode(after) : [])]
  const name = `${reference} pages by ${order}${after ? ' after a place' : ''}`
  return dealt(await run(name, text, values), parents, reference)
}

/** A Relay connection for each parent; one row more than asked for says whether there is a next page. */
async function connections(source, parents, reference, { first, after }) {
  const property = PROPERTY[source.order]
  return (await firstRows(source, parents, reference, { first: first + 1, after })).map(rows => {
    const edges = rows.slice(0, first).map(node => ({ cursor: encode(node[property], node.id), node }))
    return { edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
  })
}

const encode = (value, id) => Buffer.from(JSON.stringify([value, id])).toString('base64url')
const decode = cursor => JSON.parse(Buffer.from(cursor, 'base64url').toString())

const organizationId = row => row.organization_id ?? row.id // an organization is its own
const organizationIds = rows => [...new Set(rows.map(organizationId))]

function inOrder(ids, rows) {
  const found = new Map(rows.map(row => [row.id, row]))
  return ids.map(id => found.get(id))
}

function dealt(rows, parents, reference) {
  const hands = new Map(parents.map(parent => [parent.id, []]))
  for (const row of rows) hands.get(row[reference]).push(row)
  return parents.map(parent => hands.get(parent.id))
}

const run = async (name, text, values) => (await pool.query({ name, text, values })).rows
