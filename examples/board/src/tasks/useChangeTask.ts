/** Changing a task by a click: it is shown at once, and taken back where the server refuses it. */
import { useApolloClient, useMutation } from "@apollo/client/react";

import { graphql } from "../generated";
import type { CardFragment, UpdateTaskInput } from "../generated/graphql";
import { useWrite } from "../messages/useWrite";
import { place } from "./place";
import { refreshHistory } from "./refreshHistory";

const CHANGE = graphql(`
  mutation ChangeTask($id: ID!, $input: UpdateTaskInput!, $expectedVersion: Int!) {
    updateTask(id: $id, input: $input, expectedVersion: $expectedVersion) {
      task {
        ...Card
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

/** `change(task, input, shown)` writes `input`; until the answer is there, the task looks as `shown` says. */
export function useChangeTask() {
  const client = useApolloClient();
  const [mutate] = useMutation(CHANGE);
  const write = useWrite();

  return async (task: CardFragment, input: UpdateTaskInput, shown: Partial<CardFragment>): Promise<void> => {
    const answer = mutate({
      variables: { id: task.id, input, expectedVersion: task.version },
      optimisticResponse: {
        updateTask: {
          __typename: "TaskPayload",
          task: { ...task, ...shown, version: task.version + 1 },
          userErrors: [],
        },
      },
      update: (cache, { data }) => data?.updateTask?.task && place(cache, data.updateTask.task),
    });
    await write(answer, (data) => data.updateTask);
    refreshHistory(client);
  };
}
