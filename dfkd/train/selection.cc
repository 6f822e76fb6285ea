#include "dfkd/train/selection.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::Status CheckSelection(EvaluationSpec::Selection selection, const Measured& measured) {
  absl::string_view missing;
  switch (selection) {
    case EvaluationSpec::VALIDATION:
      if (!measured.validation) missing = "the data have no validation split";
      break;
    case EvaluationSpec::TEST:
      if (!measured.test) missing = "the data have no test split";
      break;
    case EvaluationSpec::SYNTHETIC_AGREEMENT:
      if (!measured.agreement)
        missing = "there is no teacher, or the method keeps no pool of images";
      break;
    case EvaluationSpec::LAST:
      break;
  }
  if (missing.empty()) return absl::OkStatus();
  return ConfigError(absl::StrCat("evaluation.selection is ",
                                  EvaluationSpec::Selection_Name(selection), ", but ", missing,
                                  "; set evaluation.selection=LAST"));
}

}  // namespace dfkd
