// What a study runs: cells, each an arm with one value of each of its factors, and their seeds.
#ifndef DFKD_STUDY_STUDY_PLAN_H_
#define DFKD_STUDY_STUDY_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "dfkd/study/study.pb.h"

namespace dfkd {

struct StudyCell {
  std::string name;    // arm and values, joined by "_"; without the value that is chosen
  std::string folder;  // the same with it, once it is known
  std::string label;   // for people
  int arm = 0;
  // The index of the value, for each of the study's factors; -1 where the arm does not have it, or
  // where it has yet to be chosen.
  std::vector<int> values;
  std::string spec;
  std::vector<std::string> sets;  // of the study, the arm and the values, in that order
  std::vector<uint64_t> seeds;
};

// The arm's label, or its name.
const std::string& LabelOf(const StudyArm& arm);

// The cells that are judged, arms in their order, the last factor fastest. The factor of
// `study.choose` is left open.
std::vector<StudyCell> JudgedCells(const Study& study);

// One cell for each value of the factor that is chosen, with the seeds that choose; none where the
// cell's arm does not have it.
std::vector<StudyCell> CandidatesOf(const Study& study, const StudyCell& cell);

// The cell with the value that was chosen; it keeps its name and seeds.
StudyCell WithChoice(const Study& study, const StudyCell& cell, const StudyCell& candidate);

// What a cell takes: runs of its own, behind those of its candidates where a value is chosen.
struct CellPlan {
  StudyCell cell;
  std::vector<StudyCell> candidates;
};
// The cells that are judged; those named in `only`, where it names any.
std::vector<CellPlan> PlanCells(const Study& study, const std::vector<std::string>& only = {});

// The cell that differences are taken to.
std::string BaselineOf(const Study& study);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_PLAN_H_
