/** Apollo Client as a front end sets it up. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import type { FieldFunctionOptions } from "@apollo/client/cache";
import { SetContextLink } from "@apollo/client/link/context";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";

import generated from "./generated/possible-types";

// Pages of one list are joined; a list with another filter or order is another list.
const list = relayStylePagination(["filter", "orderBy", "deleted"]);

export function newCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: generated.possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          organizations: list,
          // What a list has brought is found by its id without asking again.
          task: (task, options) => task ?? byId("Task", options.args?.["by"].id, options),
          team: (team, options) => team ?? byId("Team", options.args?.["id"], options),
        },
      },
      // There is one viewer, and it has no id: what different queries ask of it belongs together.
      Viewer: { keyFields: [], fields: { organizations: list } },
      Organization: { fields: { teams: list, members: list, tasks: list, trash: list, events: list } },
      OrganizationMember: { fields: { teams: list, events: list } },
      Team: { fields: { members: list, tasks: list, events: list } },
      TeamMember: { fields: { tasks: list, events: list } },
      Task: { fields: { events: list } },
    },
  });
}

function byId(typename: string, id: string | undefined, { toReference }: FieldFunctionOptions) {
  return id === undefined ? undefined : toReference({ __typename: typename, id });
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
export function queriesByHash(): PersistedQueryLink {
  return new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
