/** Apollo Client as a front end sets it up. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, ServerError } from "@apollo/client";
import type { FieldFunctionOptions, TypePolicies } from "@apollo/client/cache";
import { SetContextLink } from "@apollo/client/link/context";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { RetryLink } from "@apollo/client/link/retry";
import { relayStylePagination } from "@apollo/client/utilities";

import { lists } from "./generated/lists";
import generated from "./generated/possible-types";

export function newCache(): InMemoryCache {
  const cache = new InMemoryCache({ possibleTypes: generated.possibleTypes, typePolicies: joinedPages() });
  cache.policies.addTypePolicies({
    Query: {
      fields: {
        // What a list has brought is found by its id without asking again.
        task: (task, options) => orById(task, "Task", options.args?.["by"].id, options),
        team: (team, options) => orById(team, "Team", options.args?.["id"], options),
      },
    },
    // There is one viewer, without an id: what different queries ask of it belongs together.
    Viewer: { keyFields: [] },
  });
  return cache;
}

/** The pages of a list are joined, by their edges; a list with another filter or order is another list. */
function joinedPages(): TypePolicies {
  const policies: TypePolicies = {};
  for (const [type, fields] of Object.entries(lists)) {
    const joined = Object.entries(fields).map(([field, keyArgs]) => [field, relayStylePagination(keyArgs)]);
    policies[type] = { fields: Object.fromEntries(joined) };
  }
  return policies;
}

function orById(known: unknown, typename: string, id: string | undefined, { toReference }: FieldFunctionOptions) {
  return known === undefined && id !== undefined ? toReference({ __typename: typename, id }) : known;
}

/** A client of the server at `uri`, which signs in with what `token` answers; `links` come before the request. */
export function newClient(uri: string, token: () => string | null, ...links: ApolloLink[]): ApolloClient {
  const signIn = new SetContextLink(({ headers }) => {
    const signedIn = token();
    return { headers: signedIn === null ? headers : { ...headers, authorization: `Bearer ${signedIn}` } };
  });
  return new ApolloClient({
    link: ApolloLink.from([signIn, ...links, new HttpLink({ uri })]),
    cache: newCache(),
  });
}

/** Sends the hash of each query in its text's place, by GET; a text goes out once, when the server does not know it. */
export function hashed(): PersistedQueryLink {
  return new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
}

/** Sends again what got no answer. Mutations carry a key, by which the server does them once and repeats its answer. */
export function repeated(): ApolloLink {
  const keyed = new SetContextLink(({ headers }, { operationType }) =>
    operationType === "mutation" ? { headers: { ...headers, "idempotency-key": crypto.randomUUID() } } : {},
  );
  const retryIf = (error: Error) => !ServerError.is(error) && error.name !== "AbortError";
  return keyed.concat(new RetryLink({ attempts: { max: 3, retryIf } }));
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
