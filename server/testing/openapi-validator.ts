/** Checks bodies against the schemas of an OpenAPI 3.1 document, as a program of somebody else would. For tests. */
import { Ajv2020 } from 'ajv/dist/2020.js';

const ID = 'http://localhost/openapi.json';

export class OpenApiValidator {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(document: object) {
    this.#ajv.addSchema(document, ID);
  }

  /** What is wrong with a value by the schema that these steps lead to from the document's root; null: nothing. */
  faultsOf(value: unknown, ...steps: readonly string[]): string | null {
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
    const valid = this.#ajv.compile({ $ref: `${ID}#/${pointer.join('/')}` });
    return valid(value) ? null : this.#ajv.errorsText(valid.errors);
  }
}
