'use client';

/** One choice of a few, as native radio buttons: arrow keys, forms and screen readers work as everywhere. */
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

export type Choice<Value extends string> = {
  readonly value: Value;
  readonly label: ReactNode;
  /** A sentence under the label; RadioGroup only. */
  readonly hint?: ReactNode;
  readonly disabled?: boolean;
};

type ChoiceProps<Value extends string> = {
  legend: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  hideLegend?: boolean;
  className?: string;
};

/** Choices side by side, for short words; they wrap where there is no room. */
export function SegmentedControl<Value extends string>({
  legend,
  choices,
  value,
  onChange,
  hideLegend = true,
  className,
}: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className={classNames('min-w-0', className)}>
      <legend className={hideLegend ? 'sr-only' : 'mb-1 text-sm font-medium'}>{legend}</legend>
      <div className="inline-flex max-w-full flex-wrap rounded-md border border-control bg-surface p-px">
        {choices.map((choice) => (
          <label
            key={choice.value}
            data-motion
            className={classNames(
              'relative inline-flex min-h-[calc(var(--control-h)-4px)] items-center rounded-sm px-2.5 text-sm text-muted hover:text-text',
              'has-checked:bg-accent has-checked:font-medium has-checked:text-on-accent',
              'has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus',
              choice.disabled && 'opacity-60',
            )}
          >
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              disabled={choice.disabled}
              onChange={() => onChange(choice.value)}
              className="pointer-events-none absolute inset-0 m-0 h-full w-full appearance-none rounded-sm outline-none"
            />
            <span className="relative">{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Choices below each other, each with room for a sentence. */
export function RadioGroup<Value extends string>({
  legend,
  choices,
  value,
  onChange,
  hideLegend = false,
  className,
}: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className={classNames('min-w-0', className)}>
      <legend className={hideLegend ? 'sr-only' : 'mb-2 text-sm font-medium'}>{legend}</legend>
      <div className="flex flex-col gap-1">
        {choices.map((choice, index) => {
          const id = `${name}-${index}`;
          return (
            <div
              key={choice.value}
              className="flex items-start gap-2 rounded-md border border-transparent px-2 py-1.5 hover:bg-raised has-checked:border-line has-checked:bg-raised"
            >
              <input
                id={id}
                type="radio"
                name={name}
                value={choice.value}
                checked={choice.value === value}
                disabled={choice.disabled}
                onChange={() => onChange(choice.value)}
                aria-describedby={choice.hint ? `${id}-hint` : undefined}
                className="choice -mt-0.5"
              />
              <div className="min-w-0 flex-1">
                <label htmlFor={id} className="block cursor-pointer text-sm font-medium">
                  {choice.label}
                </label>
                {choice.hint ? (
                  <p id={`${id}-hint`} className="text-xs text-muted">
                    {choice.hint}
                  </p>
                ) : null}
              </div>
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}
