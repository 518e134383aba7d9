/** Our own code cannot be bundled. Like RetortError, which is TypeScript and so not loadable here: `code` is stable. */
export class CodeError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = 'CodeError';
    this.code = code;
  }
}
