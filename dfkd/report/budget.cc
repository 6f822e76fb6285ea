#include "dfkd/report/budget.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

double Budget::TotalSeconds() const {
  double total = 0;
  for (const auto& [part, spent] : seconds) total += spent;
  return total;
}

void Budget::AddTo(MetricsRow* row) const {
  (*row)["images"] = static_cast<double>(images);
  (*row)["pixels"] = static_cast<double>(pixels);
  (*row)["teacher_forwards"] = static_cast<double>(teacher_forwards);
  (*row)["teacher_backwards"] = static_cast<double>(teacher_backwards);
  for (const auto& [part, spent] : seconds) (*row)[absl::StrCat("seconds_", part)] = spent;
  (*row)["seconds_total"] = TotalSeconds();
}

void Budget::Save(StateWriter writer) const {
  writer.Int("images", images);
  writer.Int("pixels", pixels);
  writer.Int("teacher_forwards", teacher_forwards);
  writer.Int("teacher_backwards", teacher_backwards);
  for (const auto& [part, spent] : seconds) writer.Scope("seconds").Double(part, spent);
}

absl::Status Budget::Load(const StateReader& reader) {
  Budget loaded;
  DFKD_ASSIGN_OR_RETURN(loaded.images, reader.Int("images"));
  DFKD_ASSIGN_OR_RETURN(loaded.pixels, reader.Int("pixels"));
  DFKD_ASSIGN_OR_RETURN(loaded.teacher_forwards, reader.Int("teacher_forwards"));
  DFKD_ASSIGN_OR_RETURN(loaded.teacher_backwards, reader.Int("teacher_backwards"));
  const StateReader parts = reader.Scope("seconds");
  for (const std::string& part : parts.ValueNames()) {
    DFKD_ASSIGN_OR_RETURN(loaded.seconds[part], parts.Double(part));
  }
  *this = std::move(loaded);
  return absl::OkStatus();
}

}  // namespace dfkd
