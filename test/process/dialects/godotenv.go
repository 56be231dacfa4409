// Reads each text of a JSON list on stdin as godotenv does; prints what it got.
package main

import (
	"encoding/json"
	"os"

	"github.com/joho/godotenv"
)

type reading struct {
	Values  [][2]string `json:"values,omitempty"`
	Refused bool        `json:"refused,omitempty"`
}

func pairs(values map[string]string) [][2]string {
	list := [][2]string{}
	for key, value := range values {
		list = append(list, [2]string{key, value})
	}
	return list
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	readings := []reading{}
	for _, text := range texts {
		values, err := godotenv.Unmarshal(text)
		if err != nil {
			values = nil
		}
		readings = append(readings, reading{pairs(values), err != nil})
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string][]reading{"readings": readings}); err != nil {
		panic(err)
	}
}
