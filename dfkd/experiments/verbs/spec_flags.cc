#include "dfkd/experiments/verbs/spec_flags.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "gflags/gflags.h"

DEFINE_uint64(seed, 0, "of every random draw; shorthand for --set=train.seed=N");
DEFINE_string(device, "cpu", "where to compute: cpu, cuda (the first GPU) or cuda:N");
DEFINE_string(precision, "auto",
              "auto, fp32 or bf16; auto trains in bf16 on a CPU with AMX; all else is fp32");
DEFINE_int32(
    threads, 0,
    "CPU threads; 0: one per physical core. Results are repeatable for one number of threads");

namespace dfkd {
namespace {

bool IsSet(const char* flag) {
  gflags::CommandLineFlagInfo info;
  return gflags::GetCommandLineFlagInfo(flag, &info) && !info.is_default;
}

}  // namespace

std::vector<std::string> SpecFlags() { return {"set", "seed", "device", "precision", "threads"}; }

absl::StatusOr<ResolvedSpec> ResolveFromCommandLine(const Invocation& invocation) {
  std::vector<std::string> overrides = invocation.sets;
  if (IsSet("seed")) overrides.push_back(absl::StrCat("train.seed=", FLAGS_seed));
  if (IsSet("device")) overrides.push_back(absl::StrCat("train.device=", FLAGS_device));
  if (IsSet("precision")) {
    overrides.push_back(absl::StrCat("train.precision=", absl::AsciiStrToUpper(FLAGS_precision)));
  }
  if (IsSet("threads")) overrides.push_back(absl::StrCat("train.threads=", FLAGS_threads));
  return ResolveSpec(invocation.arguments[0], overrides);
}

}  // namespace dfkd
