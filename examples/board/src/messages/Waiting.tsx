/** What a page shows in the place of data that is not there: that it comes, or why it does not. */
import { textOf } from "./useWrite";

export function Waiting({ error }: { error?: unknown }) {
  return error ? (
    <p className="page" role="alert">
      {textOf(error)}
    </p>
  ) : (
    <p className="page quiet">Loading…</p>
  );
}
