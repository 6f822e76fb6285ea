#include "dfkd/experiments/verbs/run_argument.h"

#include <utility>

#include "absl/strings/strip.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/verbs/spec_flags.h"
#include "dfkd/train/run_folder.h"

namespace dfkd {

absl::StatusOr<RunArgument> ReadRunArgument(const Invocation& invocation) {
  RunArgument run;
  run.dir = std::string(absl::StripSuffix(invocation.arguments[0], "/"));
  DFKD_ASSIGN_OR_RETURN(run.spec_file, SpecOfRun(run.dir));
  Invocation with_spec = invocation;
  with_spec.arguments = {run.spec_file};
  with_spec.sets.clear();
  DFKD_ASSIGN_OR_RETURN(ResolvedSpec resolved, ResolveFromCommandLine(with_spec));
  run.seed = resolved.spec.train().seed();
  run.spec = std::move(resolved.spec);
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec as_run, ResolveSpec(run.spec_file));
  run.spec.mutable_train()->set_seed(as_run.spec.train().seed());
  return run;
}

}  // namespace dfkd
