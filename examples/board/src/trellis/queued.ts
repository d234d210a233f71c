/** Writing one after another, so that quick clicks are all kept. */
import { ApolloLink } from "@apollo/client";
import { finalize, from, mergeMap } from "rxjs";

/** Lets a mutation wait until those are answered that were asked for before it with the same variable `id`. */
export function queued(): ApolloLink {
  const newest = new Map<string, Promise<void>>();
  return new ApolloLink((operation, forward) => {
    const id = operation.variables["id"];
    if (operation.operationType !== "mutation" || !id) return forward(operation);
    const before = newest.get(id) ?? Promise.resolve();
    let leave = () => {};
    const turn = new Promise<void>((resolve) => (leave = resolve));
    newest.set(id, turn);
    return from(before).pipe(
      mergeMap(() => forward(operation)),
      finalize(async () => {
        await before; // also where nobody waits for the answer any more
        leave();
        if (newest.get(id) === turn) newest.delete(id);
      }),
    );
  });
}
