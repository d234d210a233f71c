/** Apollo Client as a front end sets it up. */
import { ApolloClient, ApolloLink, HttpLink } from "@apollo/client";

import { newCache } from "./cache";
import { signedIn, type Token } from "./token";

/** A client of the server at `uri`, which signs in with what `token` answers; `links` come before the request. */
export function newClient(uri: string, token: Token, ...links: ApolloLink[]): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.from([signedIn(token), ...links, new HttpLink({ uri })]),
    cache: newCache(),
  });
}
