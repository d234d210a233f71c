/** An object is one entry of the cache, whichever query brought it. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { graphql } from "./generated";
import { ownersClient, Screen, site } from "./site";

const BY_KEY = graphql(`
  query TaskByKey($organizationSlug: String!, $key: String!) {
    task(by: { key: { organizationSlug: $organizationSlug, key: $key } }) {
      id
      key
      title
    }
  }
`);

const OF_ORGANIZATION = graphql(`
  query TasksOfOrganization($slug: String!, $filter: TaskFilter) {
    organization(by: { slug: $slug }) {
      id
      tasks(filter: $filter) {
        edges {
          node {
            id
            title
            status
          }
        }
      }
    }
  }
`);

const BY_ID = graphql(`
  query TaskById($id: ID!) {
    task(by: { id: $id }) {
      id
      title
    }
  }
`);

const ANY = graphql(`
  query AnyObject($id: ID!) {
    node(id: $id) {
      id
      ...WhenDeleted
      ... on Task {
        title
      }
    }
  }
`);

const WHEN_DELETED = graphql(`
  fragment WhenDeleted on Deletable {
    id
    deletedAt
  }
`);

const NAME = graphql(`
  query ViewersName {
    viewer {
      user {
        id
        name
      }
    }
  }
`);

const ORGANIZATIONS = graphql(`
  query ViewersOrganizations {
    viewer {
      organizations {
        edges {
          node {
            id
            slug
          }
        }
      }
    }
  }
`);

const [first] = site.taskIds;
const organizationSlug = site.organizationSlug;

test("the same task by two queries is one entry", async () => {
  const client = ownersClient();
  const byKey = new Screen(client, { query: BY_KEY, variables: { organizationSlug, key: "T1-1" } });
  await byKey.shows(1);

  const filter = { title: { eq: "Task 1" } };
  await client.query({ query: OF_ORGANIZATION, variables: { slug: organizationSlug, filter } });

  const entries = Object.entries(client.cache.extract() as object).filter(([key]) => key.startsWith("Task:"));
  assert.deepEqual(entries, [
    [`Task:${first}`, { __typename: "Task", id: first, key: "T1-1", title: "Task 1", status: "TODO" }],
  ]);
  client.cache.modify({ id: `Task:${first}`, fields: { title: () => "Renamed" } });
  const shown = await byKey.shows(2);
  assert.deepEqual(
    shown.map(({ task }) => task?.title),
    ["Task 1", "Renamed"],
  );
});

test("a task that a list has brought is found by its id without a request", async () => {
  const client = ownersClient();
  const filter = { title: { eq: "Task 1" } };
  await client.query({ query: OF_ORGANIZATION, variables: { slug: organizationSlug, filter } });

  assert.deepEqual(client.readQuery({ query: BY_ID, variables: { id: first } }), {
    task: { __typename: "Task", id: first, title: "Task 1" },
  });
});

test("a task that is not there is asked for once, and shown as null", async () => {
  const client = ownersClient();
  const asking = mock.method(globalThis, "fetch");
  const options = { query: BY_ID, variables: { id: site.organizationId } };

  const shown = await new Screen(client, options).shows(1);
  await client.query(options);

  assert.deepEqual(shown, [{ task: null }]);
  assert.equal(asking.mock.callCount(), 1);
});

test("fragments on interfaces match what implements them", async () => {
  const client = ownersClient();

  const { data } = await client.query({ query: ANY, variables: { id: first } });

  assert.deepEqual(data?.node, { __typename: "Task", id: first, deletedAt: null, title: "Task 1" });
  assert.deepEqual(client.readFragment({ fragment: WHEN_DELETED, id: `Task:${first}` }), {
    __typename: "Task",
    id: first,
    deletedAt: null,
  });
});

test("what two queries ask of the viewer is kept together", async () => {
  const client = ownersClient();
  await client.query({ query: NAME });

  await client.query({ query: ORGANIZATIONS });

  assert.equal(client.readQuery({ query: NAME })?.viewer?.user?.name, "Person 1");
  assert.deepEqual(
    client.readQuery({ query: ORGANIZATIONS })?.viewer?.organizations.edges.map(({ node }) => node.slug),
    [organizationSlug],
  );
});
