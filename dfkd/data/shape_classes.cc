#include "dfkd/data/shape_classes.h"

#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/data/shape_forms.h"

namespace dfkd {
namespace {

using Attribute = ShapesConfig::Attribute;

int64_t CountValues(const ShapesConfig& config, Attribute attribute) {
  switch (attribute) {
    case ShapesConfig::FORM:
      return config.forms();
    case ShapesConfig::FILL:
    case ShapesConfig::STRIPE:
      return 2;
    case ShapesConfig::COLOUR:
      return config.colours();
  }
  return 1;
}

int64_t* FindValue(ShapeAttributes* attributes, Attribute attribute) {
  switch (attribute) {
    case ShapesConfig::FORM:
      return &attributes->form;
    case ShapesConfig::FILL:
      return &attributes->fill;
    case ShapesConfig::STRIPE:
      return &attributes->stripe;
    case ShapesConfig::COLOUR:
      return &attributes->colour;
  }
  return nullptr;
}

// The class's attributes; the others as they are.
void SetClass(const ShapesConfig& config, int64_t label, ShapeAttributes* attributes) {
  for (int i = config.class_attributes_size() - 1; i >= 0; --i) {
    const Attribute attribute = config.class_attributes(i);
    const int64_t values = CountValues(config, attribute);
    *FindValue(attributes, attribute) = label % values;
    label /= values;
  }
}

bool Counts(const ShapesConfig& config, Attribute attribute) {
  for (const int counted : config.class_attributes()) {
    if (counted == attribute) return true;
  }
  return false;
}

std::string ClassName(const ShapesConfig& config, int64_t label) {
  ShapeAttributes attributes;
  SetClass(config, label, &attributes);
  std::vector<std::string> words;
  if (Counts(config, ShapesConfig::FILL))
    words.push_back(attributes.fill == 0 ? "filled" : "outlined");
  if (Counts(config, ShapesConfig::COLOUR)) words.push_back(ColourName(attributes.colour));
  if (Counts(config, ShapesConfig::STRIPE))
    words.push_back(attributes.stripe == 0 ? "plain" : "striped");
  words.push_back(Counts(config, ShapesConfig::FORM) ? FormName(attributes.form) : "shape");
  return absl::StrJoin(words, " ");
}

}  // namespace

int64_t CountShapeClasses(const ShapesConfig& config) {
  int64_t classes = 1;
  for (const int attribute : config.class_attributes()) {
    classes *= CountValues(config, static_cast<Attribute>(attribute));
  }
  return classes;
}

std::vector<std::string> ShapeClassNames(const ShapesConfig& config) {
  std::vector<std::string> names;
  for (int64_t label = 0; label < CountShapeClasses(config); ++label) {
    names.push_back(ClassName(config, label));
  }
  return names;
}

int64_t ShapeLabel(const ShapesConfig& config, int64_t index) {
  return index % CountShapeClasses(config);
}

ShapeScene DrawShape(const ShapesConfig& config, absl::string_view split, int64_t index) {
  const ShapeLaw law = {.forms = config.forms(),
                        .colours = config.colours(),
                        .max_angle = config.max_angle() * std::numbers::pi / 180,
                        .max_clutter = config.max_clutter()};
  ShapeScene scene = DrawShapeScene(law, config.seed(), split, index);
  SetClass(config, ShapeLabel(config, index), &scene.attributes);
  return scene;
}

}  // namespace dfkd
