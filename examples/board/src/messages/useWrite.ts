/** Writing, and saying so where that did not work. */
import { CombinedGraphQLErrors } from "@apollo/client";

import { useMessages } from "./Messages";

interface Payload {
  userErrors: { message: string }[];
}

interface Answer<Data> {
  data?: Data | null | undefined;
}

/** A function that waits for a mutation and answers its payload; null where nothing was written, which it has said. */
export function useWrite() {
  const show = useMessages();

  return async <Data, P extends Payload>(
    answer: Promise<Answer<Data>>,
    payloadOf: (data: Data) => P | null,
  ): Promise<P | null> => {
    try {
      const { data } = await answer;
      const payload = data ? payloadOf(data) : null;
      payload?.userErrors.forEach(({ message }) => show({ text: message }));
      return payload?.userErrors.length ? null : payload;
    } catch (error) {
      show({ text: textOf(error) });
      return null;
    }
  };
}

export function textOf(error: unknown): string {
  return CombinedGraphQLErrors.is(error) ? error.message : "The server cannot be reached.";
}
