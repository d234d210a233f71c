/** What Relay's compiler makes of the documents is answered by the server, and keeps Relay's store up to date. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  commitLocalUpdate,
  commitMutation,
  ConnectionHandler,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  Network,
  RecordSource,
  type RecordSourceProxy,
  type RequestParameters,
  Store,
  type Variables,
} from "relay-runtime";

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
    found = { tasks, connection: list.getDataID(), endCursor: list.getLinkedRecord("pageInfo")!.getValue("endCursor") };
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
