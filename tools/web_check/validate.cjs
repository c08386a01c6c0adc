// The official glTF validator on one file; prints its issues as JSON. Usage: node validate.cjs MODULES FILE
const path = require("path");
const fs = require("fs");
const validator = require(path.resolve(process.argv[2], "gltf-validator"));
validator
  .validateBytes(new Uint8Array(fs.readFileSync(process.argv[3])), { maxIssues: 100 })
  .then((report) => console.log(JSON.stringify({ version: validator.version(), ...report.issues })));
