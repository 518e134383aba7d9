type Schema = Readonly<Record<string, unknown>>;

/** Schema of a number that is fixed, or changes over the steps of training: a `ScheduledValue`. */
export function scheduledNumber({
  name,
  description,
  ...number
}: {
  /** For the titles of the schedules: `Weight`. */
  readonly name: string;
  readonly description: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}): Schema {
  const value = (text: string) => ({ description: text, type: 'number', ...number });
  const place = (text: string) => ({ description: text, type: 'number', minimum: 0 });
  const unit = {
    description: 'Unit of begin, end and at: fractions of all steps from 0 to 1, or steps counted from 0.',
    enum: ['fraction', 'steps'],
    default: 'fraction',
  };
  const closed = (title: string, required: readonly string[], properties: Schema) => ({
    title,
    type: 'object',
    additionalProperties: false,
    required,
    properties,
  });
  return {
    description,
    anyOf: [
      { type: 'number', ...number },
      {
        title: `${name}Schedule`,
        type: 'object',
        discriminator: { propertyName: 'kind' },
        oneOf: [
          closed(`Constant${name}`, ['kind', 'value'], {
            kind: { description: 'constant: the same at every step, like a plain number.', const: 'constant' },
            value: value('The value.'),
          }),
          closed(`Moving${name}`, ['kind', 'from', 'to'], {
            kind: {
              description: 'linear: changes at a constant rate. cosine: follows half a cosine, slow at both ends.',
              enum: ['linear', 'cosine'],
            },
            from: value('Value until begin.'),
            to: value('Value after end.'),
            unit,
            begin: { ...place('Where the value starts to change, in unit.'), default: 0 },
            end: place('Where the value stops changing, in unit. The last step by default.'),
          }),
          closed(`Stepped${name}`, ['kind', 'from', 'changes'], {
            kind: { description: 'step: jumps from value to value.', const: 'step' },
            from: value('Value before the first change.'),
            unit,
            changes: {
              description: 'The changes, in ascending order of at.',
              type: 'array',
              minItems: 1,
              items: closed(`${name}Change`, ['at', 'to'], {
                at: place('Where the value changes, in unit.'),
                to: value('Value from this point.'),
              }),
            },
          }),
        ],
      },
    ],
  };
}
