/** A field for each setting; an empty one shows what counts without it. */
import type { SettingsFragment, Weekday } from "../generated/graphql";
import { PRIORITIES, valuesOf } from "../tasks/words";

interface Props {
  organization: SettingsFragment;
  action: (form: FormData) => Promise<void>;
}

const WEEKDAYS = {
  MONDAY: "Monday",
  TUESDAY: "Tuesday",
  WEDNESDAY: "Wednesday",
  THURSDAY: "Thursday",
  FRIDAY: "Friday",
  SATURDAY: "Saturday",
  SUNDAY: "Sunday",
} satisfies Record<Weekday, string>;

export function SettingsForm({ organization, action }: Props) {
  const { settings, effectiveSettings: effective, viewerPermissions } = organization;

  return (
    // The fields begin anew with each version: React empties a form when its action is done.
    <form action={action} key={settings.version} className="fields">
      <fieldset disabled={!viewerPermissions.includes("UPDATE_SETTINGS")}>
        <label>
          Time zone
          <input name="timezone" defaultValue={settings.timezone ?? ""} placeholder={effective.timezone.value} />
        </label>
        <label>
          A week begins on
          <Words name="weekStart" set={settings.weekStart} otherwise={effective.weekStart.value} words={WEEKDAYS} />
        </label>
        <label>
          Priority of new tasks
          <Words
            name="defaultTaskPriority"
            set={settings.defaultTaskPriority}
            otherwise={effective.defaultTaskPriority.value}
            words={PRIORITIES}
          />
        </label>
        <label>
          Days in the trash
          <input
            name="retentionDays"
            type="number"
            min={1}
            max={3650}
            defaultValue={settings.retentionDays ?? ""}
            placeholder={String(effective.retentionDays.value)}
          />
        </label>
        <button className="primary">Save</button>
      </fieldset>
    </form>
  );
}

interface WordsProps<Value extends string> {
  name: string;
  set: Value | null;
  otherwise: Value;
  words: Record<Value, string>;
}

function Words<Value extends string>({ name, set, otherwise, words }: WordsProps<Value>) {
  return (
    <select name={name} defaultValue={set ?? ""}>
      <option value="">{set ? "Not set" : `Not set: ${words[otherwise]}`}</option>
      {valuesOf(words).map((value) => (
        <option key={value} value={value}>
          {words[value]}
        </option>
      ))}
    </select>
  );
}
