/** Sending again: what got no answer, and what the server has no time for. */
import { ApolloLink, CombinedGraphQLErrors, ServerError } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { RetryLink } from "@apollo/client/link/retry";
import { map } from "rxjs";

const ATTEMPTS = 5;
const PATIENCE = 10; // seconds: who has to wait for longer is told so

/** Sends again after a while. Mutations carry a key, by which the server does them once and repeats its answer. */
export function repeated(): ApolloLink {
  const keyed = new SetContextLink(({ headers }, { operationType }) =>
    operationType === "mutation" ? { headers: { ...headers, "idempotency-key": crypto.randomUUID() } } : {},
  );
  const retry = new RetryLink({
    attempts: async (count, _, error) => {
      const wait = secondsToWait(error);
      if (wait === null || wait > PATIENCE || count >= ATTEMPTS) return false;
      await online();
      return true;
    },
    delay: (count, _, error) => 1000 * (secondsToWait(error) ?? 0) + Math.random() * 300 * 2 ** count,
  });
  return ApolloLink.from([keyed, retry, new ApolloLink(asErrors)]);
}

/** How long the server wants to be left alone; 0 where no answer came, null where another attempt would not help. */
function secondsToWait(error: unknown): number | null {
  if (CombinedGraphQLErrors.is(error)) return said(error.errors);
  if (ServerError.is(error)) return [429, 502, 503, 504].includes(error.statusCode) ? header(error.response) : null;
  return error instanceof TypeError ? 0 : null; // which is what `fetch` throws
}

function said(errors: CombinedGraphQLErrors["errors"]): number | null {
  const waits = errors.map(({ extensions }) => extensions?.["retryAfter"]).filter((wait) => typeof wait === "number");
  if (waits.length) return Math.max(...waits);
  return errors.some(({ extensions }) => extensions?.["code"] === "SERVICE_UNAVAILABLE") ? 1 : null;
}

/** What a proxy has answered that stands before the server. */
function header({ headers }: Response): number {
  return Number(headers.get("retry-after")) || 1;
}

/** Only errors are sent again, but an answer that says to wait is none: it becomes one. */
const asErrors: ApolloLink.RequestHandler = (operation, forward) =>
  forward(operation).pipe(
    map((result) => {
      const refused = "errors" in result && result.errors && said(result.errors) !== null;
      if (refused) throw new CombinedGraphQLErrors(result);
      return result;
    }),
  );

/** Resolves when the browser has a network. */
async function online(): Promise<void> {
  if (globalThis.navigator?.onLine !== false) return;
  await new Promise((resolve) => addEventListener("online", resolve, { once: true }));
}
