import type { Child } from 'hono/jsx';

interface FieldText {
  readonly name: string;
  readonly label: Child;
  readonly hint?: Child;
  /** What is wrong with what was entered, in words. */
  readonly error?: string | undefined;
}

type Attributes = Readonly<Record<string, unknown>>;

/** How the control points at its hint and its error. */
function described({ name, hint, error }: FieldText): Attributes {
  const ids = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return {
    id: name,
    name,
    ...(ids !== '' && { 'aria-describedby': ids }),
    ...(error && { 'aria-invalid': 'true' }),
  };
}

function Frame({ text, children }: { readonly text: FieldText; readonly children: Child }) {
  const { name, label, hint, error } = text;
  return (
    <div class={error ? 'field field-wrong' : 'field'}>
      <label for={name}>{label}</label>
      {children}
      {hint && (
        <p class="field-hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** One line of text, a number, a time, a password… as `type` says. Further attributes go to the input. */
export function Field({ name, label, hint, error, ...attributes }: FieldText & Attributes) {
  const text = { name, label, hint, error };
  return (
    <Frame text={text}>
      <input type="text" {...attributes} {...described(text)} />
    </Frame>
  );
}

/** Several lines of text. */
export function TextArea({
  name,
  label,
  hint,
  error,
  value,
  ...attributes
}: FieldText & { readonly value?: string } & Attributes) {
  const text = { name, label, hint, error };
  return (
    <Frame text={text}>
      <textarea rows={4} {...attributes} {...described(text)}>
        {value ?? ''}
      </textarea>
    </Frame>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** One of several. */
export function Select({
  name,
  label,
  hint,
  error,
  options,
  value,
  ...attributes
}: FieldText & { readonly options: readonly Option[]; readonly value?: string } & Attributes) {
  const text = { name, label, hint, error };
  return (
    <Frame text={text}>
      <select {...attributes} {...described(text)}>
        {options.map((option) => (
          <option value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}

/** Yes or no. Without scripts the form lacks the member where it is not ticked. */
export function CheckBox({
  name,
  label,
  checked,
  ...attributes
}: {
  readonly name: string;
  readonly label: Child;
  readonly checked?: boolean;
} & Attributes) {
  return (
    <label class="check">
      <input type="checkbox" name={name} checked={checked} {...attributes} />
      <span>{label}</span>
    </label>
  );
}
