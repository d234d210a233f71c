/** The title and the description of a task. What somebody else has written meanwhile is shown before it is overwritten. */
import { useApolloClient, useMutation } from "@apollo/client/react";
import { useState } from "react";

import { graphql } from "../generated";
import type { DetailsFragment } from "../generated/graphql";
import { useWrite } from "../messages/useWrite";
import { refreshHistory } from "../tasks/refreshHistory";

const SAVE = graphql(`
  mutation SaveText($id: ID!, $input: UpdateTaskInput!, $expectedVersion: Int!) {
    updateTask(id: $id, input: $input, expectedVersion: $expectedVersion) {
      task {
        id
        title
        description
        version
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

interface Text {
  title: string;
  description: string;
}

/** What is being written, and the text that it is to take the place of. */
interface Draft extends Text {
  over: Text;
}

const textOf = ({ title, description }: DetailsFragment): Text => ({ title, description: description ?? "" });

export function TextForm({ task, disabled }: { task: DetailsFragment; disabled: boolean }) {
  const current = textOf(task);
  const [draft, setDraft] = useState<Draft | null>(null);
  const client = useApolloClient();
  const [mutate] = useMutation(SAVE);
  const write = useWrite();
  const { title, description } = draft ?? current;
  const overtaken = draft && (draft.over.title !== current.title || draft.over.description !== current.description);
  const edit = (change: Partial<Text>) => setDraft({ over: current, title, description, ...draft, ...change });

  async function save() {
    const variables = { id: task.id, input: { title, description }, expectedVersion: task.version };
    if (await write(mutate({ variables }), (data) => data.updateTask)) setDraft(null);
    refreshHistory(client);
  }

  return (
    <form action={save} className="text-form">
      <fieldset disabled={disabled}>
        <input value={title} onChange={(event) => edit({ title: event.target.value })} aria-label="Title" required />
        <textarea
          value={description}
          onChange={(event) => edit({ description: event.target.value })}
          aria-label="Description"
          placeholder="No description"
        />
        {overtaken && (
          <p role="alert">
            Somebody else has written “{current.title}” {current.description}
            <button type="button" onClick={() => setDraft(null)}>
              Take theirs
            </button>
            <button type="button" onClick={() => setDraft({ ...draft, over: current })}>
              Keep mine
            </button>
          </p>
        )}
        {draft && !overtaken && <button className="primary">Save</button>}
      </fieldset>
    </form>
  );
}
