/** Signing in: which token a request carries, and what happens when the server refuses it. */
import { ApolloLink, CombinedGraphQLErrors } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";

/** Answers the token to sign in with, null for none; another one than that which the server has `refused`. */
export type Token = (refused?: string) => string | null | Promise<string | null>;

/** Signs requests in. One whose token is refused goes out once more, with another token. */
export function signedIn(token: Token): ApolloLink {
  const again = new ErrorLink(({ error, operation, forward }) => {
    const { sent, refused } = operation.getContext();
    if (!isUnauthenticated(error) || !sent || refused) return;
    operation.setContext({ refused: sent });
    return forward(operation);
  });
  const sign = new SetContextLink(async ({ headers, refused }) => {
    const sent = await token(refused);
    return sent === null ? { sent } : { sent, headers: { ...headers, authorization: `Bearer ${sent}` } };
  });
  return again.concat(sign);
}

/** Keeps what `renew` answers until the server refuses it; all who are refused wait for the same new token. */
export function kept(renew: () => Promise<string | null>): Token {
  let newest: Promise<string | null> | undefined;
  return async (refused) => {
    const known = newest;
    if (known && (refused === undefined || (await known) !== refused)) return known;
    if (newest === known) {
      newest = renew();
      newest.catch(() => (newest = undefined));
    }
    return newest!;
  };
}

export function isUnauthenticated(error: unknown): boolean {
  if (!CombinedGraphQLErrors.is(error)) return false;
  return error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
}
