// Committed files that follow from what is linked: the reference pages, and what the shipped specs
// resolve to. tools/update_goldens writes them; reference_test and specs_test compare.
#ifndef DFKD_EXPERIMENTS_TESTING_GOLDEN_FILES_H_
#define DFKD_EXPERIMENTS_TESTING_GOLDEN_FILES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

inline constexpr absl::string_view kReferenceFolder = "docs/reference";
inline constexpr absl::string_view kResolvedFolder = "dfkd/experiments/testdata/resolved";

// File name -> content.
using GoldenFiles = std::map<std::string, std::string>;

// A shipped spec as its file has it, without its layers.
absl::StatusOr<Experiment> ReadShippedSpec(absl::string_view name);

// CATEGORY.md, which `dfkd list --category=CATEGORY --format=markdown` prints, and README.md, a
// table of contents.
absl::StatusOr<GoldenFiles> ReferencePages();

// Of each shipped spec NAME and matrix, so that a change of one that many build on is seen in each:
//   NAME.textproto   all of it, where it builds on no spec or on several
//   NAME.diff        what `dfkd diff BASE NAME` prints, where it builds on one
//   NAME.PRESET.diff what the preset changes, where NAME builds on the spec that offers it
//   MATRIX.cells     what each cell of a matrix file changes in what it builds on
absl::StatusOr<GoldenFiles> ResolvedSpecs();

// One line for each file of `expected` that differs from the one in `folder`, is missing there, or
// lies there without need.
std::string DescribeStale(const GoldenFiles& expected, const std::string& folder);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_TESTING_GOLDEN_FILES_H_
