/** What counts for an organization, and what it has set itself. */
import { useMutation, useQuery } from "@apollo/client/react";

import { graphql } from "../generated";
import type { OrganizationSettingsInput, TaskPriority, Weekday } from "../generated/graphql";
import { useOrganization } from "../layout/Layout";
import { useMessages } from "../messages/Messages";
import { useWrite } from "../messages/useWrite";
import { Waiting } from "../messages/Waiting";
import { SettingsForm } from "./SettingsForm";

const SETTINGS = graphql(`
  query Settings($slug: String!) {
    organization(by: { slug: $slug }) {
      ...Settings
    }
  }

  fragment Settings on Organization {
    id
    viewerPermissions
    settings {
      version
      timezone
      weekStart
      defaultTaskPriority
      retentionDays
    }
    effectiveSettings {
      timezone {
        value
      }
      weekStart {
        value
      }
      defaultTaskPriority {
        value
      }
      retentionDays {
        value
      }
    }
  }
`);

const SAVE = graphql(`
  mutation SaveSettings($id: ID!, $input: OrganizationSettingsInput!, $expectedVersion: Int!) {
    updateOrganizationSettings(id: $id, input: $input, expectedVersion: $expectedVersion) {
      organization {
        ...Settings
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function Settings() {
  const { slug } = useOrganization();
  const { data, error } = useQuery(SETTINGS, { variables: { slug } });
  const [mutate] = useMutation(SAVE);
  const write = useWrite();
  const show = useMessages();

  const organization = data?.organization;
  if (!organization) return <Waiting error={error} />;

  async function save(form: FormData) {
    const { id, settings } = organization!;
    const variables = { id, input: inputOf(form), expectedVersion: settings.version };
    const payload = await write(mutate({ variables }), (data) => data.updateOrganizationSettings);
    if (payload) show({ text: "The settings are saved." });
  }

  return (
    <main className="page narrow">
      <h1>Settings</h1>
      <SettingsForm organization={organization} action={save} />
    </main>
  );
}

/** What is left empty is left to the server. */
function inputOf(form: FormData): OrganizationSettingsInput {
  const given = (name: string) => String(form.get(name)) || null;
  return {
    timezone: given("timezone"),
    weekStart: given("weekStart") as Weekday | null,
    defaultTaskPriority: given("defaultTaskPriority") as TaskPriority | null,
    retentionDays: Number(given("retentionDays")) || null,
  };
}
