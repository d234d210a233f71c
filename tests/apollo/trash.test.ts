/** A page that shows what is deleted, and restores it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { graphql } from "./generated";
import { ownersClient, Screen, site } from "./site";

const TRASH = graphql(`
  query Trash($organizationId: ID!, $after: String) {
    organization(by: { id: $organizationId }) {
      id
      trash(first: 20, after: $after) {
        edges {
          cursor
          node {
            id
            deletedAt
            purgeAt
            viewerPermissions
            deletedBy {
              id
              name
            }
            counts {
              tasks
            }
            subject {
              __typename
              id
              ... on Task {
                key
                title
              }
              ... on Team {
                key
                name
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const DELETE = graphql(`
  mutation DeleteForTrash($ids: [ID!]!) {
    deleteTasks(ids: $ids) {
      deletedIds
    }
  }
`);

const RESTORE = graphql(`
  mutation RestoreFromTrash($id: ID!) {
    restoreDeletion(id: $id) {
      restored {
        tasks
      }
      subject {
        id
        deletedAt
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const DELETED_AT = graphql(`
  query WhetherDeleted($id: ID!) {
    task(by: { id: $id }) {
      id
      deletedAt
    }
  }
`);

test("what is deleted together is one line of the trash, and is restored together", async () => {
  const client = ownersClient();
  const ids = site.taskIds.slice(40, 43);
  await client.mutate({ mutation: DELETE, variables: { ids } });
  const screen = new Screen(client, { query: TRASH, variables: { organizationId: site.organizationId } });
  const [deletion] = (await screen.shows(1))[0]!.organization!.trash.edges.map(({ node }) => node);

  const { data } = await client.mutate({
    mutation: RESTORE,
    variables: { id: deletion!.id },
    update: (cache, { data }) => {
      if (data?.restoreDeletion?.subject) cache.evict({ id: `Deletion:${deletion!.id}` });
    },
  });

  assert.deepEqual(
    [deletion?.counts.tasks, deletion?.deletedBy?.name, deletion?.subject.id, deletion?.viewerPermissions],
    [3, "Person 1", ids[0], ["RESTORE", "PURGE"]],
  );
  assert.deepEqual([data?.restoreDeletion?.userErrors, data?.restoreDeletion?.restored.tasks], [[], 3]);
  assert.deepEqual((await screen.shows(2))[1]!.organization?.trash.edges, []);
  const { data: restored } = await client.query({ query: DELETED_AT, variables: { id: ids[2]! } });
  assert.equal(restored?.task?.deletedAt, null);
});
