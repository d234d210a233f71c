/** Deleting a task, which can be undone. */
import { useApolloClient, useMutation } from "@apollo/client/react";

import { graphql } from "../generated";
import type { CardFragment } from "../generated/graphql";
import { useMessages } from "../messages/Messages";
import { useWrite } from "../messages/useWrite";
import { place } from "./place";
import { refreshHistory } from "./refreshHistory";

const DELETE = graphql(`
  mutation DeleteTask($id: ID!) {
    deleteTask(id: $id) {
      deletion {
        id
        subject {
          id
          ...Card
        }
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const RESTORE = graphql(`
  mutation RestoreTask($id: ID!) {
    restoreTask(id: $id) {
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

export function useDeleteTask() {
  const [remove] = useMutation(DELETE, {
    update: (cache, { data }) => {
      const subject = data?.deleteTask?.deletion?.subject;
      if (subject?.__typename === "Task") place(cache, subject);
    },
  });
  const restore = useRestoreTask();
  const write = useWrite();
  const show = useMessages();

  return async ({ id, key }: CardFragment): Promise<boolean> => {
    const payload = await write(remove({ variables: { id } }), (data) => data.deleteTask);
    if (payload) show({ text: `${key} is deleted.`, action: { label: "Undo", run: () => restore(id) } });
    return payload !== null;
  };
}

export function useRestoreTask() {
  const client = useApolloClient();
  const [restore] = useMutation(RESTORE, {
    update: (cache, { data }) => data?.restoreTask?.task && place(cache, data.restoreTask.task),
  });
  const write = useWrite();

  return async (id: string): Promise<void> => {
    await write(restore({ variables: { id } }), (data) => data.restoreTask);
    refreshHistory(client);
  };
}
