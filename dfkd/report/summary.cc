#include "dfkd/report/summary.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "nlohmann/json.hpp"

namespace dfkd {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kFile[] = "summary.json";
constexpr int64_t kMaxBytes = 16 << 20;

constexpr std::pair<StageRole, const char*> kRoles[] = {
    {StageRole::kTeacher, "teacher"},
    {StageRole::kStudent, "student"},
    {StageRole::kFloor, "floor"},
    {StageRole::kCeiling, "ceiling"},
};

Json ToJson(const Budget& budget) {
  Json seconds = Json::object();
  for (const auto& [part, spent] : budget.seconds) seconds[part] = spent;
  return {{"images", budget.images},
          {"pixels", budget.pixels},
          {"teacher_forwards", budget.teacher_forwards},
          {"teacher_backwards", budget.teacher_backwards},
          {"seconds", std::move(seconds)}};
}

Json ToJson(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

Json ToJson(const std::optional<PoolContent>& pool) {
  if (!pool) return nullptr;
  return {{"images", pool->images},
          {"pixels", pool->pixels},
          {"images_per_class", pool->images_per_class},
          {"data_ratio", ToJson(pool->data_ratio)}};
}

Json ToJson(const StageSummary& stage) {
  return {{"role", std::string(StageRoleName(stage.role))},
          {"accuracy",
           {{"metric", stage.metric},
            {"images", stage.evaluated_images},
            {"last", ToJson(stage.last)},
            {"last_epoch", stage.last_epoch},
            {"best", ToJson(stage.best)},
            {"best_epoch", stage.best_epoch}}},
          {"weights", stage.weights},
          {"seconds", stage.budget.TotalSeconds()},
          {"budget", ToJson(stage.budget)},
          {"pool", ToJson(stage.pool)}};
}

// Reads members of one object; the first error sticks, with the path of its place.
class Reader {
 public:
  Reader(const Json& json, std::string place, absl::Status* status)
      : json_(json), place_(std::move(place)), status_(status) {
    if (!json_.is_object()) Fail(place_, "an object");
  }

  Reader Object(const std::string& key) const {
    static const Json& empty = *new Json(Json::object());
    const Json* member = Find(key);
    return Reader(member != nullptr ? *member : empty, Place(key), status_);
  }
  // Whether there is a member, and it is not null.
  bool Has(const std::string& key) const {
    const auto member = json_.find(key);
    return member != json_.end() && !member->is_null();
  }
  void String(const std::string& key, std::string* out) const {
    if (const Json* member = Typed(key, &Json::is_string, "a string")) {
      *out = member->get<std::string>();
    }
  }
  void Bool(const std::string& key, bool* out) const {
    if (const Json* member = Typed(key, &Json::is_boolean, "true or false")) {
      *out = member->get<bool>();
    }
  }
  template <typename Integer>
  void Int(const std::string& key, Integer* out) const {
    if (const Json* member = Typed(key, &Json::is_number_integer, "an integer")) {
      *out = member->get<Integer>();
    }
  }
  void Number(const std::string& key, double* out) const {
    if (const Json* member = Typed(key, &Json::is_number, "a number")) {
      *out = member->get<double>();
    }
  }
  void Optional(const std::string& key, std::optional<double>* out) const {
    const Json* member = Find(key);
    if (member == nullptr || member->is_null()) return;
    if (!member->is_number()) return Fail(Place(key), "a number or null");
    *out = member->get<double>();
  }
  void Numbers(const std::string& key, std::map<std::string, double, std::less<>>* out) const {
    const Reader object = Object(key);
    for (const auto& [name, value] : object.json_.items()) {
      if (!value.is_number()) return Fail(object.Place(name), "a number");
      (*out)[name] = value.get<double>();
    }
  }
  const Json& json() const { return json_; }
  void Fail(const std::string& place, absl::string_view expected) const {
    if (status_->ok()) *status_ = InputFileError(absl::StrCat(place, " is not ", expected));
  }
  std::string Place(const std::string& key) const {
    return place_.empty() ? key : absl::StrCat(place_, ".", key);
  }

 private:
  const Json* Find(const std::string& key) const {
    if (!json_.is_object()) return nullptr;
    const auto member = json_.find(key);
    if (member != json_.end()) return &*member;
    if (status_->ok()) *status_ = InputFileError(absl::StrCat(Place(key), " is missing"));
    return nullptr;
  }
  const Json* Typed(const std::string& key, bool (Json::*is)() const noexcept,
                    absl::string_view expected) const {
    const Json* member = Find(key);
    if (member == nullptr || (member->*is)()) return member;
    Fail(Place(key), expected);
    return nullptr;
  }

  const Json& json_;
  std::string place_;
  absl::Status* status_;
};

// Stage names become paths; a stranger's must not lead out of the run's folder.
bool IsFolderName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

PoolContent PoolFromJson(const Reader& reader) {
  PoolContent pool;
  reader.Int("images", &pool.images);
  reader.Int("pixels", &pool.pixels);
  reader.Number("images_per_class", &pool.images_per_class);
  reader.Optional("data_ratio", &pool.data_ratio);
  return pool;
}

StageSummary StageFromJson(const std::string& name, const Reader& reader) {
  StageSummary stage;
  stage.name = name;
  std::string role = "student";
  reader.String("role", &role);
  const std::optional<StageRole> parsed = ParseStageRole(role);
  if (parsed) {
    stage.role = *parsed;
  } else {
    reader.Fail(reader.Place("role"), "one of teacher, student, floor, ceiling");
  }
  const Reader accuracy = reader.Object("accuracy");
  accuracy.String("metric", &stage.metric);
  accuracy.Int("images", &stage.evaluated_images);
  accuracy.Optional("last", &stage.last);
  accuracy.Int("last_epoch", &stage.last_epoch);
  accuracy.Optional("best", &stage.best);
  accuracy.Int("best_epoch", &stage.best_epoch);
  reader.String("weights", &stage.weights);
  const Reader budget = reader.Object("budget");
  budget.Int("images", &stage.budget.images);
  budget.Int("pixels", &stage.budget.pixels);
  budget.Int("teacher_forwards", &stage.budget.teacher_forwards);
  budget.Int("teacher_backwards", &stage.budget.teacher_backwards);
  budget.Numbers("seconds", &stage.budget.seconds);
  if (reader.Has("pool")) stage.pool = PoolFromJson(reader.Object("pool"));
  return stage;
}

}  // namespace

absl::string_view StageRoleName(StageRole role) {
  for (const auto& [value, name] : kRoles) {
    if (value == role) return name;
  }
  return "student";
}

std::optional<StageRole> ParseStageRole(absl::string_view name) {
  for (const auto& [role, role_name] : kRoles) {
    if (name == role_name) return role;
  }
  return std::nullopt;
}

absl::string_view SelectionRule(EvaluationSpec::Selection selection) {
  switch (selection) {
    case EvaluationSpec::LAST:
      return "The result is the last epoch's. The best epoch is shown beside it for comparison "
             "only: nothing was chosen by it.";
    case EvaluationSpec::VALIDATION:
      return "The result is that of the epoch with the highest accuracy on the validation split.";
    case EvaluationSpec::SYNTHETIC_AGREEMENT:
      return "The result is that of the epoch that agrees most with the teacher on held-out "
             "synthetic images.";
    case EvaluationSpec::TEST:
      return "The result is that of the epoch with the highest accuracy on the TEST split, as "
             "published code reports it: an optimistic choice.";
  }
  return "";
}

std::string SummaryToJson(const RunSummary& summary) {
  Json stages = Json::object();
  double seconds = 0;
  for (const StageSummary& stage : summary.stages) {
    stages[stage.name] = ToJson(stage);
    seconds += stage.budget.TotalSeconds();
  }
  const Json json = {{"experiment", summary.experiment},
                     {"description", summary.description},
                     {"finished", summary.finished},
                     {"seed", summary.seed},
                     {"selection", EvaluationSpec::Selection_Name(summary.selection)},
                     {"seconds", seconds},
                     {"stages", std::move(stages)}};
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<RunSummary> SummaryFromJson(absl::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    return InputFileError(absl::StrCat("not JSON: ", error.what()));
  }
  absl::Status status;
  RunSummary summary;
  const Reader reader(json, "", &status);
  if (!status.ok()) return InputFileError("not a JSON object");
  reader.String("experiment", &summary.experiment);
  reader.String("description", &summary.description);
  reader.Bool("finished", &summary.finished);
  reader.Int("seed", &summary.seed);
  std::string selection;
  reader.String("selection", &selection);
  if (status.ok() && !EvaluationSpec::Selection_Parse(selection, &summary.selection)) {
    reader.Fail("selection", "one of LAST, VALIDATION, SYNTHETIC_AGREEMENT, TEST");
  }
  const Reader stages = reader.Object("stages");
  for (const auto& [name, unused] : stages.json().items()) {
    if (!IsFolderName(name)) stages.Fail(stages.Place(name), "the name of a folder in the run's");
    summary.stages.push_back(StageFromJson(name, stages.Object(name)));
  }
  if (!status.ok()) return status;
  return summary;
}

absl::Status WriteSummary(FileSystem* files, const std::string& dir, const RunSummary& summary) {
  return WriteFileAtomically(files, JoinPath(dir, kFile), SummaryToJson(summary));
}

absl::StatusOr<RunSummary> ReadSummary(const std::string& dir) {
  const std::string path = JoinPath(dir, kFile);
  DFKD_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxBytes));
  absl::StatusOr<RunSummary> summary = SummaryFromJson(json);
  if (!summary.ok()) return Annotate(summary.status(), path);
  return summary;
}

}  // namespace dfkd
