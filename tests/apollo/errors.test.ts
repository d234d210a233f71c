/** What a form cannot mend comes as CombinedGraphQLErrors, with a code in the extensions of each error. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ApolloClient, CombinedGraphQLErrors, type DocumentNode, gql, type OperationVariables } from "@apollo/client";

import { newClient } from "./trellis/client";
import { graphql } from "./generated";
import { ownersClient, site } from "./site";

const TASK = graphql(`
  query TitleOfTask($id: ID!) {
    task(by: { id: $id }) {
      id
      title
    }
  }
`);

const PAGE = graphql(`
  query PageOfTasks($teamId: ID!, $first: Int, $after: String) {
    team(id: $teamId) {
      id
      tasks(first: $first, after: $after) {
        edges {
          node {
            id
          }
        }
      }
    }
  }
`);

const HISTORY = graphql(`
  query HistoryOfTasks($teamId: ID!) {
    team(id: $teamId) {
      id
      organization {
        id
        teams(first: 100) {
          nodes {
            id
            tasks(first: 100) {
              nodes {
                id
                events(first: 100) {
                  nodes {
                    id
                    type
                  }
                }
              }
            }
          }
        }
      }
    }
  }
`);

const TWO = graphql(`
  mutation ChangeTwo($id: ID!, $gone: ID!) {
    changed: updateTask(id: $id, input: { title: "Changed" }) {
      task {
        id
        title
      }
    }
    deleted: deleteTask(id: $gone) {
      deletedIds
    }
  }
`);

const REMOVE = graphql(`
  mutation RemoveTeam($id: ID!) {
    deleteTeam(id: $id) {
      deletedIds
    }
  }
`);

const teamId = site.teamId;
const id = site.taskIds[0]!;
const as = (token: string | null) => newClient(site.uri, () => token);

/** The codes of the errors that an operation is refused with. */
async function codes(client: ApolloClient, query: DocumentNode, variables: OperationVariables = {}) {
  const { error } = await client.query({ query, variables, errorPolicy: "all" });
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  return error.errors.map(({ extensions }) => extensions?.["code"]);
}

test("who is not signed in is UNAUTHENTICATED", async () => {
  assert.deepEqual(await codes(as(null), TASK, { id }), ["UNAUTHENTICATED"]);
});

test("who has a bad token is UNAUTHENTICATED", async () => {
  assert.deepEqual(await codes(as("expired"), TASK, { id }), ["UNAUTHENTICATED"]);
});

test("what belongs to others is absent", async () => {
  const { data, error } = await as(site.tokens.stranger).query({ query: TASK, variables: { id } });
  assert.deepEqual([data, error], [{ task: null }, undefined]);
});

test("a broken cursor is BAD_USER_INPUT", async () => {
  assert.deepEqual(await codes(ownersClient(), PAGE, { teamId, after: "broken" }), ["BAD_USER_INPUT"]);
});

test("a page that is too long is BAD_USER_INPUT", async () => {
  assert.deepEqual(await codes(ownersClient(), PAGE, { teamId, first: 101 }), ["BAD_USER_INPUT"]);
});

test("a query for more than the server gives at once is LIMIT_EXCEEDED", async () => {
  assert.deepEqual(await codes(ownersClient(), HISTORY, { teamId }), ["LIMIT_EXCEEDED"]);
});

test("a value of the wrong type is BAD_USER_INPUT", async () => {
  assert.deepEqual(await codes(ownersClient(), PAGE, { teamId, first: "many" }), ["BAD_USER_INPUT"]);
});

test("a field that is not there is GRAPHQL_VALIDATION_FAILED", async () => {
  const query = gql("{ viewer { user { password } } }");
  assert.deepEqual(await codes(ownersClient(), query), ["GRAPHQL_VALIDATION_FAILED"]);
});

test("what the viewer may not do is FORBIDDEN, and throws", async () => {
  const client = as(site.tokens.colleague);

  const refused = client.mutate({ mutation: REMOVE, variables: { id: teamId } });

  await assert.rejects(refused, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.deepEqual(
      error.errors.map(({ path, extensions }) => [path, extensions?.["code"]]),
      [[["deleteTeam"], "FORBIDDEN"]],
    );
    return true;
  });
});

test("an error in one field of a mutation comes with what the others have done", async () => {
  const variables = { id, gone: "00000000-0000-7000-8000-000000000000" };

  const refused = ownersClient().mutate({ mutation: TWO, variables });

  await assert.rejects(refused, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.deepEqual(
      error.errors.map(({ path }) => path),
      [["deleted"]],
    );
    assert.deepEqual(error.data, {
      changed: { __typename: "TaskPayload", task: { __typename: "Task", id, title: "Changed" } },
      deleted: null,
    });
    return true;
  });
});
