/** Sending hashes in the place of queries. */
import { ApolloLink } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const LONGEST = 2000; // characters of variables in an address: with more, some proxies refuse it

/** Sends the hash of each query in its text's place, by GET; a text goes out once, when the server does not know it. */
export function hashed(): ApolloLink {
  const shortOnly = new SetContextLink(({ fetchOptions }, { variables }) =>
    encodeURIComponent(JSON.stringify(variables)).length > LONGEST
      ? { fetchOptions: { ...fetchOptions, method: "POST" } }
      : {},
  );
  return new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(shortOnly);
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
