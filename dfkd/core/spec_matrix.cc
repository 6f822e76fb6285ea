#include "dfkd/core/spec_matrix.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/spec_matrix.pb.h"
#include "dfkd/core/spec_merge.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr char kCategory[] = "matrix";
constexpr absl::string_view kExtension = ".textproto";
constexpr int64_t kMaxCells = 1000;  // a file is small, and what it expands to has to stay so

// One value of each axis, by its index there.
using Choice = std::vector<int>;

std::vector<std::string> AxisNames(const SpecMatrix& matrix) {
  std::vector<std::string> names;
  for (const MatrixAxis& axis : matrix.axis()) names.push_back(axis.name());
  return names;
}

std::vector<std::string> ValueNames(const SpecMatrix& matrix) {
  std::vector<std::string> names;
  for (const MatrixAxis& axis : matrix.axis()) {
    for (const MatrixValue& value : axis.value()) names.push_back(value.name());
  }
  return names;
}

absl::Status CheckAxes(const SpecMatrix& matrix) {
  if (matrix.axis().empty()) return ConfigError("axis is missing; a matrix has at least one");
  for (const MatrixAxis& axis : matrix.axis()) {
    if (axis.value().empty()) {
      return ConfigError(absl::StrCat("axis ", axis.name(), " has no value; give at least one"));
    }
  }
  int64_t cells = 1;
  for (const MatrixAxis& axis : matrix.axis()) {
    cells *= axis.value_size();
    if (cells > kMaxCells) {
      return ConfigError(
          absl::StrCat("the axes make more than ", kMaxCells, " cells; use several files"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRows(const SpecMatrix& matrix) {
  const std::vector<std::string> axes = AxisNames(matrix);
  const std::vector<std::string> values = ValueNames(matrix);
  for (int r = 0; r < matrix.row_size(); ++r) {
    const MatrixRow& row = matrix.row(r);
    DFKD_RETURN_IF_ERROR(CheckFields(row, absl::StrCat("row[", r, "]")));
    const auto axis = std::find(axes.begin(), axes.end(), row.along());
    if (axis == axes.end()) {
      return ConfigError(absl::StrCat("row[", r, "].along is \"", row.along(),
                                      "\", which is no axis", DidYouMean(row.along(), axes)));
    }
    for (const std::string& at : row.at()) {
      if (std::find(values.begin(), values.end(), at) == values.end()) {
        return ConfigError(absl::StrCat("row[", r, "].at is \"", at,
                                        "\", which no axis has as a value",
                                        DidYouMean(at, values)));
      }
    }
    const int columns = matrix.axis(static_cast<int>(axis - axes.begin())).value_size();
    if (row.value_size() != columns) {
      return ConfigError(absl::StrCat("row[", r, "] (", row.row(), ") has ", row.value_size(),
                                      " values; axis ", row.along(), " has ", columns));
    }
  }
  return absl::OkStatus();
}

bool Holds(const SpecMatrix& matrix, const Choice& choice, const std::string& value) {
  for (int a = 0; a < matrix.axis_size(); ++a) {
    if (matrix.axis(a).value(choice[a]).name() == value) return true;
  }
  return false;
}

void AddReferences(const SpecMatrix& matrix, const Choice& choice, Experiment* cell) {
  const std::vector<std::string> axes = AxisNames(matrix);
  for (const MatrixRow& row : matrix.row()) {
    const bool applies = std::all_of(row.at().begin(), row.at().end(),
                                     [&](const auto& at) { return Holds(matrix, choice, at); });
    if (!applies) continue;
    const auto axis = std::find(axes.begin(), axes.end(), row.along()) - axes.begin();
    const int column = choice[axis];
    if (row.value(column) == 0) continue;
    Reference* reference = cell->add_paper();
    reference->set_table(row.table());
    reference->set_row(row.row());
    reference->set_column(matrix.axis(static_cast<int>(axis)).value(column).label());
    reference->set_value(row.value(column));
    if (row.has_note()) reference->set_note(row.note());
    if (row.has_metric()) reference->set_metric(row.metric());
  }
}

// Lays `overlay` over the cell; bases and descriptions add up instead of being replaced.
absl::Status AddOverlay(const Experiment& overlay, Experiment* cell) {
  std::vector<std::string> bases(cell->base().begin(), cell->base().end());
  std::vector<std::string> descriptions;
  if (cell->has_description()) descriptions.push_back(cell->description());
  DFKD_RETURN_IF_ERROR(MergeSpec(overlay, cell));
  if (overlay.has_description()) {
    descriptions.push_back(overlay.description());
    cell->set_description(absl::StrJoin(descriptions, ", "));
  }
  for (const std::string& base : overlay.base()) {
    if (std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(base);
  }
  cell->mutable_base()->Assign(bases.begin(), bases.end());
  return absl::OkStatus();
}

absl::StatusOr<MatrixCell> MakeCell(const SpecMatrix& matrix, const Choice& choice) {
  MatrixCell cell;
  cell.content = matrix.common();
  std::vector<std::string> name;
  if (!matrix.prefix().empty()) name.push_back(matrix.prefix());
  for (int a = 0; a < matrix.axis_size(); ++a) {
    const MatrixValue& value = matrix.axis(a).value(choice[a]);
    if (!value.name().empty()) name.push_back(value.name());
    DFKD_RETURN_IF_ERROR(Annotate(AddOverlay(value.overlay(), &cell.content),
                                  absl::StrCat(matrix.axis(a).name(), " ", value.name())));
  }
  cell.name = absl::StrJoin(name, "_");
  AddReferences(matrix, choice, &cell.content);
  return cell;
}

// The next combination, the last axis fastest; false behind the last one.
bool Advance(const SpecMatrix& matrix, Choice* choice) {
  for (int a = matrix.axis_size() - 1; a >= 0; --a) {
    if (++(*choice)[a] < matrix.axis(a).value_size()) return true;
    (*choice)[a] = 0;
  }
  return false;
}

absl::StatusOr<std::vector<MatrixCell>> Expand(const SpecMatrix& matrix) {
  DFKD_RETURN_IF_ERROR(CheckAxes(matrix));
  DFKD_RETURN_IF_ERROR(CheckRows(matrix));
  std::vector<MatrixCell> cells;
  std::set<std::string> names;
  Choice choice(matrix.axis_size(), 0);
  do {
    DFKD_ASSIGN_OR_RETURN(MatrixCell cell, MakeCell(matrix, choice));
    if (!names.insert(cell.name).second) {
      return ConfigError(absl::StrCat("two cells are named ", cell.name,
                                      "; give the values of its axes different names"));
    }
    cells.push_back(std::move(cell));
  } while (Advance(matrix, &choice));
  return cells;
}

absl::StatusOr<SpecMatrix> ParseMatrix(absl::string_view text, absl::string_view where) {
  SpecMatrix matrix;
  DFKD_RETURN_IF_ERROR(ParseTextproto(text, where, &matrix));
  return matrix;
}

}  // namespace

absl::StatusOr<std::vector<MatrixCell>> ExpandMatrix(absl::string_view text,
                                                     absl::string_view where) {
  DFKD_ASSIGN_OR_RETURN(const SpecMatrix matrix, ParseMatrix(text, where));
  absl::StatusOr<std::vector<MatrixCell>> cells = Expand(matrix);
  if (!cells.ok()) return Annotate(cells.status(), where);
  return cells;
}

absl::StatusOr<std::vector<ShippedMatrix>> ListShippedMatrices() {
  std::vector<ShippedMatrix> matrices;
  std::set<std::string> names;
  for (const EmbeddedFile* file : ListEmbeddedFiles(kCategory)) {
    DFKD_ASSIGN_OR_RETURN(const SpecMatrix matrix, ParseMatrix(file->text, file->path));
    ShippedMatrix shipped = {
        std::string(file->name), std::string(file->path), matrix.description(), {}};
    DFKD_ASSIGN_OR_RETURN(shipped.cells, ExpandMatrix(file->text, file->path));
    for (const MatrixCell& cell : shipped.cells) {
      if (!names.insert(cell.name).second || FindEmbeddedFile("experiment", cell.name) != nullptr) {
        return ConfigError(absl::StrCat(file->path, ": cell ", cell.name,
                                        " has the name of another shipped spec"));
      }
    }
    matrices.push_back(std::move(shipped));
  }
  return matrices;
}

absl::StatusOr<bool> IsShippedSpec(absl::string_view name) {
  if (FindEmbeddedFile("experiment", name) != nullptr) return true;
  DFKD_ASSIGN_OR_RETURN(const std::vector<ShippedMatrix> matrices, ListShippedMatrices());
  return std::any_of(matrices.begin(), matrices.end(), [name](const ShippedMatrix& matrix) {
    return std::any_of(matrix.cells.begin(), matrix.cells.end(),
                       [name](const MatrixCell& cell) { return cell.name == name; });
  });
}

std::optional<CellPath> ParseCellPath(absl::string_view path_or_name) {
  const size_t colon = path_or_name.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  const absl::string_view path = path_or_name.substr(0, colon);
  if (!absl::EndsWith(path, kExtension)) return std::nullopt;
  return CellPath{std::string(path), std::string(path_or_name.substr(colon + 1))};
}

bool IsSpecPath(absl::string_view path_or_name) {
  return absl::EndsWith(path_or_name, kExtension) || absl::StrContains(path_or_name, '/') ||
         ParseCellPath(path_or_name).has_value();
}

}  // namespace dfkd
