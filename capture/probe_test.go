package capture

import "testing"

func TestProbe(t *testing.T) {
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	checks := Probe()
	if len(checks) < 8 {
		t.Errorf("%d checks", len(checks))
	}
	for _, c := range checks {
		t.Logf("%+v", c)
		if !c.OK && !c.Info {
			t.Errorf("%s: %s: %s", c.Name, c.Detail, c.Remedy)
		}
	}
}
