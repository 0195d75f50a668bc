/** What an HTTP header can carry. */
const VISIBLE = /^[\x21-\x7e]{1,16384}$/;

/** What a secret text must be, for messages. @param what Names it. */
export function secretExpected(what: string): string {
  return `${what}: visible ASCII characters without blanks or line breaks`;
}

/** Whether a text can be a secret. */
export function isSecretText(text: string): boolean {
  return VISIBLE.test(text);
}
