/**
 * Short forms for the JSON Schemas (draft 2020-12) by which the OpenAPI document describes bodies. Objects are
 * closed: a field that is not described makes an answer invalid, so the document cannot fall behind the code.
 */
export type Schema = { readonly [keyword: string]: unknown };

/** All properties are required but those named in `optional`. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

export function arrayOf(items: Schema, limits: Schema = {}): Schema {
  return { type: 'array', items, ...limits };
}

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function oneOf(values: readonly string[], description?: string): Schema {
  return { type: 'string', enum: values, ...(description === undefined ? {} : { description }) };
}

export function text(limits: Schema = {}): Schema {
  return { type: 'string', ...limits };
}

/** A whole number. */
export function count(limits: Schema = {}): Schema {
  return { type: 'integer', minimum: 0, ...limits };
}

export const FLAG: Schema = { type: 'boolean' };

/** ms since the epoch. */
export const INSTANT: Schema = { type: 'number', description: 'ms since the epoch, on the server’s clock' };

/** A share from 0 to 1. */
export const SHARE: Schema = { type: 'number', minimum: 0, maximum: 1 };

/** One of the document's named schemas (openapi-schemas.ts). */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
