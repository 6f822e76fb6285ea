#include "dfkd/report/analysis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"
#include "dfkd/report/csv.h"
#include "dfkd/report/format.h"
#include "dfkd/report/png.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/row_titles.h"

namespace dfkd {
namespace {

constexpr int64_t kMostTableBytes = int64_t{64} << 20;
constexpr int64_t kMostPictureBytes = int64_t{16} << 20;
constexpr size_t kMostPictures = 200;

// Kinds of lines. Of a value: name, value, unit, help. Of a point: the curve's name, x, value,
// unit, the title of x. Of a picture: its file and caption. Of the others the text alone.
constexpr char kRound[] = "round", kNote[] = "note", kValue[] = "value", kPoint[] = "point",
               kPicture[] = "picture", kLeftOut[] = "left_out";

enum Column {
  kMeasureColumn,
  kKindColumn,
  kNameColumn,
  kXColumn,
  kValueColumn,
  kUnitColumn,
  kTextColumn,
  kColumns
};

CsvRow Header() { return {"measure", "kind", "name", "x", "value", "unit", "text"}; }

std::string Lines(const AnalysedMeasure& measure) {
  const std::string& name = measure.name;
  std::string csv;
  for (const std::string& note : measure.notes) {
    csv += FormatCsvRow({name, kNote, "", "", "", "", note});
  }
  for (const MeasuredValue& value : measure.values) {
    csv += FormatCsvRow(
        {name, kValue, value.name, "", FormatDouble(value.value), value.unit, value.help});
  }
  for (const MeasuredCurve& curve : measure.curves) {
    for (size_t i = 0; i < curve.values.size(); ++i) {
      csv += FormatCsvRow({name, kPoint, curve.name, FormatDouble(curve.x[i]),
                           FormatDouble(curve.values[i]), curve.unit, curve.x_title});
    }
  }
  for (const AnalysisPicture& picture : measure.pictures) {
    csv += FormatCsvRow({name, kPicture, picture.file, "", "", "", picture.caption});
  }
  if (!measure.left_out.empty()) {
    csv += FormatCsvRow({name, kLeftOut, "", "", "", "", measure.left_out});
  }
  return csv;
}

// A name in the folder itself, as WriteAnalysis gives it.
bool IsPictureName(absl::string_view name) {
  if (!absl::ConsumeSuffix(&name, ".png") && !absl::ConsumeSuffix(&name, ".svg")) return false;
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

absl::StatusOr<AnalysisPicture> ReadPicture(const std::string& dir, const CsvRow& row) {
  AnalysisPicture picture;
  picture.file = row[kNameColumn];
  picture.caption = row[kTextColumn];
  const std::string path = JoinPath(dir, picture.file);
  if (!IsPictureName(picture.file)) {
    return InputFileError(absl::StrCat(JoinPath(dir, kAnalysisFile), ": \"", picture.file,
                                       "\" is no name of a picture"));
  }
  DFKD_ASSIGN_OR_RETURN(picture.bytes, ReadFile(path, kMostPictureBytes));
  if (absl::EndsWith(picture.file, ".svg")) {
    if (!absl::StartsWith(picture.bytes, "<svg ")) {
      return InputFileError(absl::StrCat(path, " is no SVG file of dfkd"));
    }
    return picture;
  }
  const absl::StatusOr<PngInfo> info = ReadPngInfo(picture.bytes);
  if (!info.ok()) return Annotate(info.status(), path);
  picture.width = info->width;
  picture.height = info->height;
  picture.rows = RowTitles(info->texts, Recorder::kRowsText);
  return picture;
}

absl::StatusOr<double> Number(const std::string& cell) {
  double number = 0;
  if (!absl::SimpleAtod(cell, &number)) {
    return InputFileError(absl::StrCat("\"", cell, "\" is no number"));
  }
  return number;
}

AnalysedMeasure& MeasureOf(const std::string& name, Analysis* analysis) {
  if (analysis->measures.empty() || analysis->measures.back().name != name) {
    analysis->measures.emplace_back().name = name;
  }
  return analysis->measures.back();
}

absl::Status AddPoint(const CsvRow& row, AnalysedMeasure* measure) {
  if (measure->curves.empty() || measure->curves.back().name != row[kNameColumn]) {
    measure->curves.push_back({row[kNameColumn], row[kTextColumn], row[kUnitColumn], {}, {}});
  }
  DFKD_ASSIGN_OR_RETURN(const double x, Number(row[kXColumn]));
  DFKD_ASSIGN_OR_RETURN(const double value, Number(row[kValueColumn]));
  measure->curves.back().x.push_back(x);
  measure->curves.back().values.push_back(value);
  return absl::OkStatus();
}

absl::Status AddRow(const std::string& dir, const CsvRow& row, Analysis* analysis,
                    std::vector<std::string>* notes) {
  const std::string& kind = row[kKindColumn];
  if (kind == kRound) {
    DFKD_ASSIGN_OR_RETURN(const double round, Number(row[kValueColumn]));
    analysis->round = std::isfinite(round) ? std::llround(round) : 0;
    return absl::OkStatus();
  }
  AnalysedMeasure& measure = MeasureOf(row[kMeasureColumn], analysis);
  if (kind == kNote) {
    measure.notes.push_back(row[kTextColumn]);
  } else if (kind == kLeftOut) {
    measure.left_out = row[kTextColumn];
  } else if (kind == kValue) {
    DFKD_ASSIGN_OR_RETURN(const double value, Number(row[kValueColumn]));
    measure.values.push_back({row[kNameColumn], value, row[kUnitColumn], row[kTextColumn]});
  } else if (kind == kPoint) {
    return AddPoint(row, &measure);
  } else if (kind == kPicture && measure.pictures.size() < kMostPictures) {
    absl::StatusOr<AnalysisPicture> picture = ReadPicture(dir, row);
    if (picture.ok()) {
      measure.pictures.push_back(*std::move(picture));
    } else {
      notes->emplace_back(picture.status().message());
    }
  }
  return absl::OkStatus();
}

// Pictures of an earlier analysis that this one does not make.
absl::Status RemoveStale(FileSystem* files, const std::string& dir, const Analysis& analysis) {
  std::vector<std::string> notes;
  const absl::StatusOr<Analysis> before = ReadAnalysis(dir, &notes);
  if (!before.ok()) return absl::OkStatus();
  std::vector<std::string> made;
  for (const AnalysedMeasure& measure : analysis.measures) {
    for (const AnalysisPicture& picture : measure.pictures) made.push_back(picture.file);
  }
  for (const AnalysedMeasure& measure : before->measures) {
    for (const AnalysisPicture& picture : measure.pictures) {
      if (std::find(made.begin(), made.end(), picture.file) == made.end()) {
        DFKD_RETURN_IF_ERROR(files->Remove(JoinPath(dir, picture.file)));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsAnalysisOf(absl::string_view measure, absl::string_view name) {
  if (name == measure) return true;
  // "_48_px", "_48x64_px"; but not "_2_48_px", which is of another measure.
  return absl::ConsumePrefix(&name, measure) && absl::ConsumePrefix(&name, "_") &&
         absl::ConsumeSuffix(&name, "_px") &&
         name.find_first_not_of("0123456789x") == absl::string_view::npos;
}

absl::Status WriteAnalysis(FileSystem* files, const std::string& dir, const Analysis& analysis) {
  DFKD_RETURN_IF_ERROR(files->CreateDirectories(dir));
  DFKD_RETURN_IF_ERROR(RemoveStale(files, dir, analysis));
  std::string csv = FormatCsvRow(Header());
  csv += FormatCsvRow({"", kRound, "", "", absl::StrCat(analysis.round), "", "of the run"});
  for (const AnalysedMeasure& measure : analysis.measures) {
    for (const AnalysisPicture& picture : measure.pictures) {
      DFKD_RETURN_IF_ERROR(WriteFileAtomically(files, JoinPath(dir, picture.file), picture.bytes));
    }
    csv += Lines(measure);
  }
  // Last: it names pictures that are there.
  return WriteFileAtomically(files, JoinPath(dir, kAnalysisFile), csv);
}

absl::StatusOr<Analysis> ReadAnalysis(const std::string& dir, std::vector<std::string>* notes) {
  const std::string path = JoinPath(dir, kAnalysisFile);
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMostTableBytes));
  const absl::StatusOr<std::vector<CsvRow>> rows = ParseCsv(text);
  if (!rows.ok()) return Annotate(rows.status(), path);
  if (rows->empty() || rows->front() != Header()) {
    return InputFileError(absl::StrCat(path, " is no table of an analysis"));
  }
  Analysis analysis;
  for (size_t i = 1; i < rows->size(); ++i) {
    const std::string where = absl::StrCat(path, ": row ", i);
    if ((*rows)[i].size() != kColumns) {
      return InputFileError(absl::StrCat(where, " has ", (*rows)[i].size(), " cells; must have ",
                                         static_cast<int>(kColumns)));
    }
    DFKD_RETURN_IF_ERROR(Annotate(AddRow(dir, (*rows)[i], &analysis, notes), where));
  }
  return analysis;
}

}  // namespace dfkd
