/** The OpenAPI document beside the routes it is made from. */
import { describe, expect, test } from 'vitest';
import { ERRORS } from '#lib/protocol/errors.ts';
import { apiAlone } from '../testing/api-alone.ts';
import { OpenApiValidator } from '../testing/openapi-validator.ts';
import { apiRoutes } from './api.ts';
import { LIVE_PATHS } from './openapi-live-paths.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at from outside here
type Document = any;

const routes = apiRoutes(apiAlone().context);
const document: Document = (await apiAlone().ask('/api/openapi.json')).body;

/** No example of these can succeed in the world that the examples suppose. */
const WITHOUT_SUCCESS = ['POST /api/setup', 'DELETE /api/sessions/{id}'];

const validator = new OpenApiValidator(document);

const operations = Object.entries<Record<string, Document>>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

test('H53: the document lists exactly the routes of the router, and the live paths', () => {
  const listed = operations.map(({ method, path }) => `${method} ${path}`).sort();
  const actual = [
    ...routes.map(({ method, path }) => `${method} ${path}`),
    ...LIVE_PATHS.map(({ path }) => `GET ${path}`),
  ];
  expect(listed).toEqual(actual.sort());
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Pulsewatch' } });
});

describe('H53: every operation', () => {
  test.each(operations.map((it) => [it.method, it.path, it.operation] as const))(
    'H53: %s %s is described whole',
    (method, path, operation) => {
      expect(operation.summary.length).toBeGreaterThan(4);
      const route = routes.find((each) => each.method === method && each.path === path);
      expect(operation['x-access']).toBe(route?.access ?? 'viewer');
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters: Document[] = operation.parameters ?? [];
      expect(parameters.filter((it) => it.in === 'path').map(({ name }) => name)).toEqual(inPath);
      expect(
        parameters.every((it) => it.schema && it.description && it.required === (it.in === 'path')),
      ).toBe(true);
      const statuses = Object.keys(operation.responses).map(Number);
      expect(statuses.some((status) => status < 400)).toBe(true);
      expect(statuses).toEqual(expect.arrayContaining([400, 403, 408, 431, 500]));
      expect(statuses.includes(401)).toBe(
        route?.access !== 'open' || route.operation.problems?.includes('wrong_credentials') === true,
      );
      if (method !== 'GET') expect(statuses).toContain(415);
      if (operation.requestBody) expect(statuses).toContain(413);
    },
  );

  test.each(routes.map((route) => [route.method, route.path, route] as const))(
    'H53: %s %s has an example at its address, with a body that its own schema takes',
    (method, path, { operation }) => {
      expect(operation.examples.length).toBeGreaterThan(0);
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/?]+').replaceAll('.', '\\.')}(\\?.*)?$`);
      const named = new Set(
        (operation.parameters ?? []).filter((it) => it.in === 'query').map(({ name }) => name),
      );
      for (const { at, body, status } of operation.examples) {
        expect(at).toMatch(pattern);
        const { searchParams } = new URL(at, 'http://localhost');
        for (const name of searchParams.keys()) expect(named, at).toContain(name);
        const hasBody = operation.body !== undefined;
        expect(body !== undefined, at).toBe(hasBody);
        if (hasBody && status < 400) {
          const steps = [
            'paths',
            path,
            method.toLowerCase(),
            'requestBody',
            'content',
            'application/json',
            'schema',
          ];
          expect(validator.faultsOf(body, ...steps)).toBeNull();
        }
      }
      const succeeds = operation.examples.some(({ status }) => status < 400);
      expect(succeeds).toBe(!WITHOUT_SUCCESS.includes(`${method} ${path}`));
    },
  );
});

test('H53: every refusal is a problem document with codes of the catalogue and of that status', () => {
  for (const { path, operation } of operations) {
    for (const [status, answer] of Object.entries<Document>(operation.responses)) {
      const schema = answer.content?.['application/problem+json']?.schema;
      expect(schema !== undefined, `${path} ${status}`).toBe(Number(status) >= 400);
      if (schema === undefined) continue;
      for (const code of schema.allOf[1].properties.code.enum as (keyof typeof ERRORS)[]) {
        expect(ERRORS[code].status, code).toBe(Number(status));
      }
    }
  }
});

test('H53: every named schema is used, and every use names one', () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  expect([...used].sort()).toEqual(Object.keys(document.components.schemas).sort());
});
