// The hours of a study, before it begins.
#ifndef DFKD_STUDY_STUDY_ESTIMATE_H_
#define DFKD_STUDY_STUDY_ESTIMATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/study/study.pb.h"

namespace dfkd {

// Of what is left to run in the study's folder `dir`: a few steps of a run of each cell, counted
// up; cells of which a run is finished are counted by that. A table, the sum in its last line.
// `cells`: as in PlanCells.
absl::StatusOr<std::string> EstimateRuns(const Study& study, const std::string& dir,
                                         const std::vector<std::string>& cells, int parallel);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_ESTIMATE_H_
