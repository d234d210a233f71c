/** Tokens come from afar, and are renewed when the server refuses them. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { CombinedGraphQLErrors } from "@apollo/client";

import { graphql } from "./generated";
import { site } from "./site";
import { newClient } from "./trellis/client";
import { kept } from "./trellis/token";

const TEAM = graphql(`
  query TeamOfToken($id: ID!) {
    team(id: $id) {
      id
      key
    }
  }
`);

const ME = graphql(`
  query MyName {
    viewer {
      user {
        id
        name
      }
    }
  }
`);

const RENAME = graphql(`
  mutation RenameTeamOnce($id: ID!, $name: String!) {
    updateTeam(id: $id, input: { name: $name }) {
      team {
        id
        name
        version
      }
    }
  }
`);

const variables = { id: site.teamId };

/** Answers these tokens one after another, each after a while. */
function renewing(...tokens: (string | null)[]) {
  return mock.fn(async () => {
    await setTimeout(20);
    return tokens.shift() ?? null;
  });
}

test("requests wait for a token, which is fetched once", async () => {
  const renew = renewing(site.tokens.owner);
  const client = newClient(site.uri, kept(renew));

  const answers = await Promise.all([client.query({ query: TEAM, variables }), client.query({ query: ME })]);

  assert.equal(answers[0].data?.team?.key, "T1");
  assert.equal(answers[1].data?.viewer?.user?.name, "Person 1");
  assert.equal(renew.mock.callCount(), 1);
});

test("a token that has ended is renewed once for all who wait, and nobody hears of it", async () => {
  const renew = renewing("ended", site.tokens.owner);
  const client = newClient(site.uri, kept(renew));
  const asked = mock.method(globalThis, "fetch");

  const answers = await Promise.all([client.query({ query: TEAM, variables }), client.query({ query: ME })]);

  assert.equal(answers[0].data?.team?.key, "T1");
  assert.equal(answers[1].data?.viewer?.user?.name, "Person 1");
  assert.equal(renew.mock.callCount(), 2);
  assert.equal(asked.mock.callCount(), 4);
});

test("a mutation whose token has ended is done once", async () => {
  const client = newClient(site.uri, kept(renewing("ended", site.tokens.owner)));

  const { data } = await client.mutate({ mutation: RENAME, variables: { ...variables, name: "Once" } });

  assert.deepEqual([data?.updateTeam?.team?.name, data?.updateTeam?.team?.version], ["Once", 2]);
});

test("who has no better token is UNAUTHENTICATED", async () => {
  const renew = renewing("ended", "ended, too");
  const client = newClient(site.uri, kept(renew));

  const { error } = await client.query({ query: TEAM, variables, errorPolicy: "all" });

  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  assert.equal(error.errors[0]?.extensions?.["code"], "UNAUTHENTICATED");
  assert.equal(renew.mock.callCount(), 2);
});
