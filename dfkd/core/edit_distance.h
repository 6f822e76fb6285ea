// The nearest name, for "did you mean".
#ifndef DFKD_CORE_EDIT_DISTANCE_H_
#define DFKD_CORE_EDIT_DISTANCE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace dfkd {

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
size_t EditDistance(absl::string_view a, absl::string_view b);

// The candidate nearest to `name` (the first of several), or "" where none is near: more than a
// third of the longer name would have to change. Case does not count.
std::string NearestName(absl::string_view name, const std::vector<std::string>& candidates);

// `; did you mean "bn_stat"?`, or "" where no candidate is near.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace dfkd

#endif  // DFKD_CORE_EDIT_DISTANCE_H_
