#include "dfkd/report/results.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "dfkd/report/format.h"
#include "dfkd/report/table.h"

namespace dfkd {
namespace {

// The stages that one row is made of.
struct Members {
  size_t settings = 0;
  std::vector<const RunSummary*> runs;
  std::vector<const StageSummary*> stages;
};

template <typename Value>
Spread SpreadOver(const Members& members, const Value& value) {
  std::vector<double> values;
  for (const StageSummary* stage : members.stages) {
    const std::optional<double> one = value(*stage);
    if (one) values.push_back(*one);
  }
  return Spread::Of(values);
}

ResultRow MakeRow(const Members& members) {
  const StageSummary& first = *members.stages.front();
  ResultRow row;
  row.settings = members.settings;
  row.experiment = members.runs.front()->experiment;
  row.selection = members.runs.front()->selection;
  row.role = first.role;
  row.stage = first.name;
  row.metric = first.metric;
  row.evaluated_images = first.evaluated_images;
  if (members.stages.size() == 1) {
    row.last_epoch = first.last_epoch;
    row.best_epoch = first.best_epoch;
  }
  for (const RunSummary* run : members.runs) {
    row.seeds.push_back(run->seed);
    row.finished = row.finished && run->finished;
  }
  using Stage = const StageSummary&;
  using Value = std::optional<double>;
  row.last = SpreadOver(members, [](Stage s) { return s.last; });
  row.best = SpreadOver(members, [](Stage s) { return s.best; });
  row.seconds = SpreadOver(members, [](Stage s) { return Value(s.budget.TotalSeconds()); });
  row.images = SpreadOver(members, [](Stage s) { return Value(s.budget.images); });
  row.pixels = SpreadOver(members, [](Stage s) { return Value(s.budget.pixels); });
  row.teacher_forwards =
      SpreadOver(members, [](Stage s) { return Value(s.budget.teacher_forwards); });
  row.teacher_backwards =
      SpreadOver(members, [](Stage s) { return Value(s.budget.teacher_backwards); });
  const auto of_pools = [&members](const auto& field) {
    return SpreadOver(members,
                      [&field](Stage s) { return s.pool ? Value(field(*s.pool)) : Value(); });
  };
  row.pool_images = of_pools([](const PoolContent& pool) { return pool.images; });
  row.pool_pixels = of_pools([](const PoolContent& pool) { return pool.pixels; });
  row.images_per_class = of_pools([](const PoolContent& pool) { return pool.images_per_class; });
  row.data_ratio = of_pools([](const PoolContent& pool) { return pool.data_ratio; });
  return row;
}

}  // namespace

Spread Spread::Of(const std::vector<double>& values) {
  Spread spread;
  spread.count = static_cast<int64_t>(values.size());
  if (values.empty()) return spread;
  for (double value : values) spread.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return spread;
  double squares = 0;
  for (double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return spread;
}

std::string Spread::ToString(int decimals) const {
  if (count == 0) return "-";
  if (count == 1) return absl::StrFormat("%.*f", decimals, mean);
  return absl::StrFormat("%.*f ± %.*f", decimals, mean, decimals, deviation);
}

std::string Spread::MeanToString() const { return count == 0 ? "-" : FormatRounded(mean, 3); }

std::vector<ResultRow> AggregateResults(const std::vector<KeyedSummary>& runs) {
  std::vector<Members> groups;
  std::map<std::pair<std::string, std::string>, size_t> index;
  std::map<std::string, size_t> settings_order;
  for (const KeyedSummary& run : runs) {
    const size_t order = settings_order.emplace(run.settings, settings_order.size()).first->second;
    for (const StageSummary& stage : run.summary.stages) {
      const auto [entry, is_new] =
          index.emplace(std::make_pair(run.settings, stage.name), groups.size());
      if (is_new) groups.push_back({order, {}, {}});
      groups[entry->second].runs.push_back(&run.summary);
      groups[entry->second].stages.push_back(&stage);
    }
  }
  std::stable_sort(groups.begin(), groups.end(), [](const Members& a, const Members& b) {
    return std::make_pair(a.settings, a.stages.front()->role) <
           std::make_pair(b.settings, b.stages.front()->role);
  });
  std::vector<ResultRow> rows;
  for (const Members& members : groups) rows.push_back(MakeRow(members));
  return rows;
}

std::string RenderResults(const std::vector<ResultRow>& rows) {
  std::set<std::string> rules;
  bool finished = true, several = false, keeps_images = false;
  for (const ResultRow& row : rows) {
    several = several || row.settings != rows.front().settings;
    if (row.role != StageRole::kTeacher) rules.emplace(SelectionRule(row.selection));
    finished = finished && row.finished;
    keeps_images = keeps_images || row.pool_images.count > 0;
  }
  std::vector<TableColumn> columns;
  if (several) columns.push_back({"experiment"});
  columns.insert(columns.end(), {{"stage"},
                                 {"role"},
                                 {"seeds", Align::kRight},
                                 {"last %", Align::kRight},
                                 {"best %", Align::kRight},
                                 {"data %", Align::kRight},
                                 {"IPC", Align::kRight},
                                 {"images", Align::kRight},
                                 {"time", Align::kRight}});
  TextTable table(std::move(columns));
  size_t settings = rows.empty() ? 0 : rows.front().settings;
  for (const ResultRow& row : rows) {
    if (row.settings != settings) table.AddRule();
    settings = row.settings;
    std::vector<std::string> cells;
    if (several) cells.push_back(row.experiment);
    cells.insert(
        cells.end(),
        {row.stage, std::string(StageRoleName(row.role)), absl::StrJoin(row.seeds, ","),
         row.last.ToString(), row.best.ToString(), row.data_ratio.MeanToString(),
         row.images_per_class.MeanToString(),
         row.images.count > 0 && row.images.mean > 0 ? FormatCount(std::llround(row.images.mean))
                                                     : "-",
         row.seconds.mean > 0 ? FormatSeconds(row.seconds.mean) : "-"});
    table.AddRow(std::move(cells));
  }
  std::string text = table.Render();
  for (const std::string& rule : rules) absl::StrAppend(&text, rule, "\n");
  if (keeps_images) absl::StrAppend(&text, kHowPoolsAreCounted, "\n");
  if (!finished) text += "A run is not finished: these are its numbers so far.\n";
  return text;
}

std::string MetricTitle(absl::string_view metric) {
  if (metric == "test_top1") return "test accuracy";
  if (metric == "test_top5") return "test accuracy, top 5";
  if (metric == "validation_top1") return "validation accuracy";
  if (metric == "validation_top5") return "validation accuracy, top 5";
  if (metric == "test_miou") return "test mIoU";
  if (metric == "validation_miou") return "validation mIoU";
  if (metric == "test_pixel_accuracy") return "test pixel accuracy";
  if (metric == "validation_pixel_accuracy") return "validation pixel accuracy";
  if (metric == "agreement") return "agreement with the teacher";
  return std::string(metric);
}

}  // namespace dfkd
