// From a file or a shipped name to one complete spec.
//
// Layers, later ones win: field defaults < base files < preset overlay < the file < --set. How two
// layers merge is told in spec_merge.h. A file named in `base` is merged once, however often it is
// named; `base`, `preset` and `presets` are used up and are not part of the outcome.
#ifndef DFKD_CORE_RESOLVE_H_
#define DFKD_CORE_RESOLVE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

struct ResolvedSpec {
  // File stem or shipped name: "cifar10_nayer". The default output folder is named after it.
  std::string name;
  // Every model and encoder preset stands as its config, every field that has a default is set, and
  // the field rules hold.
  Experiment spec;
  // One line for people: the file, the preset overlay and what --set changed.
  std::string origin;
  // `spec` as textproto: equal specs give equal text.
  std::string canonical_text;
  // Of canonical_text; Fingerprint() below adds what "auto" became.
  std::string fingerprint;

  // What resolved.textproto holds, and `dfkd resolve` prints: origin as a comment, then the spec.
  // Reading it back gives this spec again.
  std::string ToFile() const;
};

// `path_or_name`: a path where it ends in .textproto or holds a slash, "PATH:CELL" for a cell of a
// matrix file (spec_matrix.h), else the name of a shipped spec (embedded in category "experiment")
// or of a cell of a shipped matrix. `overrides`: assignments in the order of the --set flags
// (set_override.h); "preset=NAME" chooses the overlay.
absl::StatusOr<ResolvedSpec> ResolveSpec(absl::string_view path_or_name,
                                         const std::vector<std::string>& overrides = {});

// The same for a spec in memory that has no layers.
absl::StatusOr<ResolvedSpec> ResolveExperiment(Experiment spec, absl::string_view name);

// SHA-256 of the canonical text and of what "auto" became on this machine, such as
// {{"precision", "bf16"}, {"threads", "2"}}, in hexadecimal.
std::string Fingerprint(absl::string_view canonical_text,
                        const std::map<std::string, std::string>& chosen = {});

}  // namespace dfkd

#endif  // DFKD_CORE_RESOLVE_H_
