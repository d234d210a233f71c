/** What Relay's compiler makes of the documents is answered by the server, and keeps Relay's store up to date. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import {
  commitLocalUpdate,
  commitMutation,
  ConnectionHandler,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getSelector,
  Network,
  RecordSource,
  type RecordSourceProxy,
  type RequestParameters,
  type SingularReaderSelector,
  Store,
  type Variables,
} from "relay-runtime";

import TEAM_OF_HEADLINE, { type headline_team$data } from "../generated/relay/headline_team.graphql";
import HEADLINE, { type headlineQuery$data } from "../generated/relay/headlineQuery.graphql";
import CREATE from "../generated/relay/tasksCreateMutation.graphql";
import DELETE from "../generated/relay/tasksDeleteMutation.graphql";
import PAGE from "../generated/relay/tasksPageQuery.graphql";
import TEAM from "../generated/relay/tasksTeamQuery.graphql";
import { site } from "../site";

const teamId = site.teamId;
const newestFirst = site.taskIds.toReversed();

function newEnvironment(): Environment {
  return new Environment({ network: Network.create(send), store: new Store(new RecordSource()) });
}

async function send({ text }: RequestParameters, variables: Variables) {
  const headers = { authorization: `Bearer ${site.tokens.owner}`, "content-type": "application/json" };
  const answer = await fetch(site.uri, { method: "POST", headers, body: JSON.stringify({ query: text, variables }) });
  return answer.json();
}

/** The tasks of the team's list, and what Relay calls that list. */
function listed(environment: Environment): { tasks: unknown[]; connection: string; endCursor: unknown } {
  let found = { tasks: [] as unknown[], connection: "", endCursor: undefined as unknown };
  commitLocalUpdate(environment, (store: RecordSourceProxy) => {
    const list = ConnectionHandler.getConnection(store.get(teamId)!, "tasks_tasks")!;
    const tasks = list.getLinkedRecords("edges")!.map((edge) => edge.getLinkedRecord("node")!.getDataID());
    found = {
      tasks,
      connection: list.getDataID(),
      endCursor: list.getLinkedRecord("pageInfo")!.getValue("endCursor"),
    };
  });
  return found;
}

async function firstPage(environment: Environment) {
  environment.retain(createOperationDescriptor(TEAM, { id: teamId }));
  await fetchQuery(environment, TEAM, { id: teamId }).toPromise();
  return listed(environment);
}

function mutate(environment: Environment, mutation: typeof DELETE, variables: Variables): Promise<unknown> {
  return new Promise((resolve, reject) => {
    commitMutation(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });
}

test("organizations, teams, members and tasks come by one query", async () => {
  const environment = newEnvironment();
  const asked = mock.method(globalThis, "fetch");

  await fetchQuery(environment, HEADLINE, {}).toPromise();

  const seen = environment.lookup(createOperationDescriptor(HEADLINE, {}).fragment);
  const [organization] = (seen.data as unknown as headlineQuery$data).organizations!.edges;
  const [team] = organization!.node.teams.edges;
  const selector = getSelector(TEAM_OF_HEADLINE, team!.node.headline_team);
  const shown = environment.lookup(selector as SingularReaderSelector).data as unknown as headline_team$data;
  assert.equal(asked.mock.callCount(), 1);
  assert.equal(seen.isMissingData, false);
  assert.equal(organization!.node.name, site.organizationSlug);
  assert.deepEqual(
    shown.members.edges.map(({ node }) => [node.role, node.user.name, node.tasks.edges.map((edge) => edge.node.key)]),
    [
      ["ADMIN", "Person 1", ["T1-125", "T1-124"]],
      ["MEMBER", "Person 2", ["T1-250", "T1-249"]],
    ],
  );
});

test("the pages of a connection are joined", async () => {
  const environment = newEnvironment();
  const { endCursor } = await firstPage(environment);

  await fetchQuery(environment, PAGE, { id: teamId, first: 100, after: endCursor }).toPromise();

  assert.deepEqual(listed(environment).tasks, newestFirst.slice(0, 120));
});

test("a new task is put in front of the connection, and a deleted one taken out", async () => {
  const environment = newEnvironment();
  const { connection, tasks } = await firstPage(environment);

  await mutate(environment, CREATE, { input: { teamId, title: "New" }, connections: [connection] });
  const [id, ...others] = listed(environment).tasks;
  await mutate(environment, DELETE, { id, connections: [connection] });

  assert.ok(!tasks.includes(id));
  assert.deepEqual(others, tasks);
  assert.deepEqual(listed(environment).tasks, tasks);
});
