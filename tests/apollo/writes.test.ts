/** What a mutation answers brings the cache, and every screen over it, up to date. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { ApolloCache } from "@apollo/client";

import { graphql } from "./generated";
import type { ListedTaskFragment, TeamsTasksQuery } from "./generated/graphql";
import { ownersClient, Screen, site } from "./site";
import { placed } from "./trellis/lists";

const LISTED = graphql(`
  fragment ListedTask on Task {
    id
    title
    createdAt
    deletedAt
  }
`);

const TASKS = graphql(`
  query TeamsTasks($teamId: ID!, $after: String) {
    team(id: $teamId) {
      id
      tasks(first: 3, after: $after) {
        edges {
          cursor
          node {
            ...ListedTask
          }
        }
        pageInfo {
          hasNextPage
          endCursor
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
        ...ListedTask
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
        ...ListedTask
      }
      userErrors {
        code
        message
        path
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

/** Shows the task in the team's list where it is not deleted, and nowhere where it is. */
function place(cache: ApolloCache, task: ListedTaskFragment): void {
  cache.updateQuery(list, (data) => {
    if (!data?.team) return data;
    const edge = { __typename: "TaskEdge" as const, cursor: "", node: task };
    return { team: { ...data.team, tasks: placed(data.team.tasks, edge, task.deletedAt === null) } };
  });
}

test("a deleted task is evicted, and comes back to its place by being read again", async () => {
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
  await client.mutate({ mutation: RESTORE, variables: { id: newest } });

  assert.equal(others.length, 2);
  assert.deepEqual((await screen.shows(3)).map(titles), [[first, ...others], others, [first, ...others]]);
});

test("what is undone is shown once, where it was", async () => {
  const client = ownersClient();
  const screen = new Screen(client, list);
  const [first, second, third] = (await screen.shows(1)).flatMap(titles);
  const id = site.taskIds.at(-2)!;
  const task = client.cache.readFragment({ fragment: LISTED, id: `Task:${id}` })!;

  await client.mutate({
    mutation: DELETE,
    variables: { id },
    update: (cache) => place(cache, { ...task, deletedAt: new Date().toISOString() }),
  });
  await screen.shows(2);
  await client.mutate({
    mutation: RESTORE,
    variables: { id },
    update: (cache, { data }) => data?.restoreTask?.task && place(cache, data.restoreTask.task),
  });

  const shown = await screen.shows(3);
  assert.deepEqual(shown.map(titles), [
    [first, second, third],
    [first, third],
    [first, second, third],
  ]);
  assert.deepEqual(
    shown.map(({ team }) => team?.tasks.totalCount),
    [250, 249, 250],
  );
});

test("a new task is put in front of its list, once", async () => {
  const client = ownersClient();
  const screen = new Screen(client, list);
  const known = (await screen.shows(1)).flatMap(titles);

  const { data } = await client.mutate({
    mutation: CREATE,
    variables: { input: { teamId: site.teamId, title: "New" } },
    update: (cache, { data }) => data?.createTask?.task && place(cache, data.createTask.task),
  });
  await screen.shows(2);
  place(client.cache, data!.createTask!.task!);

  const shown = await screen.shows(2);
  assert.equal(known.length, 3);
  assert.deepEqual(shown.map(titles), [known, ["New", ...known]]);
  assert.deepEqual(
    shown.map(({ team }) => team?.tasks.totalCount),
    [250, 251],
  );
});

test("a page that comes again is shown once, though the list was written meanwhile", async () => {
  const client = ownersClient();
  const screen = new Screen(client, list);
  const after = (await screen.shows(1))[0]?.team?.tasks.pageInfo.endCursor;
  await screen.query.fetchMore({ variables: { after } });
  await client.mutate({
    mutation: CREATE,
    variables: { input: { teamId: site.teamId, title: "Between two clicks" } },
    update: (cache, { data }) => data?.createTask?.task && place(cache, data.createTask.task),
  });

  await screen.query.fetchMore({ variables: { after } });

  const ids = client.readQuery(list)?.team?.tasks.edges.map(({ node }) => node.id) ?? [];
  assert.equal(ids.length, 7);
  assert.equal(new Set(ids).size, 7);
});

function titles({ team }: TeamsTasksQuery): string[] {
  return team?.tasks.edges.map(({ node }) => node.title) ?? [];
}
