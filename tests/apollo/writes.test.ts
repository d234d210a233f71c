/** What a mutation answers brings the cache, and every screen over it, up to date. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { graphql } from "./generated";
import type { TeamsTasksQuery } from "./generated/graphql";
import { ownersClient, Screen, site } from "./site";

const TASKS = graphql(`
  query TeamsTasks($teamId: ID!) {
    team(id: $teamId) {
      id
      tasks(first: 3) {
        edges {
          node {
            id
            title
          }
        }
        totalCount
      }
    }
  }
`);

const CREATE = graphql(`
  mutation CreateTask($input: CreateTaskInput!) {
    createTask(input: $input) {
      task {
        id
        title
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const RENAME = graphql(`
  mutation RenameTask($id: ID!, $title: String!) {
    updateTask(id: $id, input: { title: $title }) {
      task {
        id
        title
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const DELETE = graphql(`
  mutation DeleteTask($id: ID!) {
    deleteTask(id: $id) {
      deletedIds
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const RESTORE = graphql(`
  mutation RestoreTask($id: ID!) {
    restoreTask(id: $id) {
      task {
        id
        title
      }
    }
  }
`);

const list = { query: TASKS, variables: { teamId: site.teamId } };
const newest = site.taskIds.at(-1)!;

test("an updated task is shown wherever it is", async () => {
  const client = ownersClient();
  const screen = new Screen(client, list);
  await screen.shows(1);

  const { data } = await client.mutate({ mutation: RENAME, variables: { id: newest, title: "Renamed" } });

  assert.deepEqual(data?.updateTask?.userErrors, []);
  assert.deepEqual((await screen.shows(2)).map(titles), [
    ["Task 250", "Task 249", "Task 248"],
    ["Renamed", "Task 249", "Task 248"],
  ]);
});

test("a deleted task is evicted, and comes back when the list is asked for again", async () => {
  const client = ownersClient();
  const screen = new Screen(client, list);
  const [first, ...others] = (await screen.shows(1)).flatMap(titles);

  await client.mutate({
    mutation: DELETE,
    variables: { id: newest },
    update: (cache, { data }) => {
      for (const id of data?.deleteTask?.deletedIds ?? []) cache.evict({ id: `Task:${id}` });
      cache.gc();
    },
  });
  await screen.shows(2);
  await client.mutate({
    mutation: RESTORE,
    variables: { id: newest },
    refetchQueries: [TASKS],
    awaitRefetchQueries: true,
  });

  assert.equal(others.length, 2);
  assert.deepEqual((await screen.shows(3)).map(titles), [[first, ...others], others, [first, ...others]]);
});

test("a new task is put in front of its list", async () => {
  const client = ownersClient();
  const screen = new Screen(client, list);
  const known = (await screen.shows(1)).flatMap(titles);

  await client.mutate({
    mutation: CREATE,
    variables: { input: { teamId: site.teamId, title: "New" } },
    update: (cache, { data }) => {
      const task = data?.createTask?.task;
      if (task) cache.updateQuery(list, (data) => data && withTask(data, task));
    },
  });

  const shown = await screen.shows(2);
  assert.equal(known.length, 3);
  assert.deepEqual(shown.map(titles), [known, ["New", ...known]]);
  assert.deepEqual(
    shown.map(({ team }) => team?.tasks.totalCount),
    [250, 251],
  );
});

type Task = NonNullable<TeamsTasksQuery["team"]>["tasks"]["edges"][number]["node"];

function withTask({ team }: TeamsTasksQuery, node: Task): TeamsTasksQuery {
  if (!team) return { team };
  const edges = [{ __typename: "TaskEdge" as const, node }, ...team.tasks.edges];
  return { team: { ...team, tasks: { ...team.tasks, edges, totalCount: team.tasks.totalCount + 1 } } };
}

function titles({ team }: TeamsTasksQuery): string[] {
  return team?.tasks.edges.map(({ node }) => node.title) ?? [];
}
