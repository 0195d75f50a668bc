import type { CallContext } from "../core/sls/call_context.ts";
import type { PageQuery } from "../core/sls/read_page.ts";
import { parameterInvalid } from "../core/sls/sls_error.ts";
import { parseSpl } from "./parse_spl.ts";
import { runSpl } from "./run_spl.ts";

/**
 * The query of a PullLogs, from `query` or by the name in `processor`.
 *
 * @returns undefined when the call has neither.
 * @throws {SlsError} 400 `ParameterInvalid` for what the emulator cannot run.
 */
export function splQueryOf({ request, project }: CallContext): PageQuery | undefined {
  const query = request.query.get("query");
  const processor = request.query.get("processor");
  if (query && processor) throw parameterInvalid("query and processor can not be used together");
  if (query) return compile(query);
  if (!processor) return undefined;
  const text = project.processors.get(processor);
  if (text === undefined) throw parameterInvalid(`processor ${processor} does not exist`);
  return compile(text);
}

function compile(text: string): PageQuery {
  const stages = parseSpl(text);
  return (group) => runSpl(stages, group);
}
