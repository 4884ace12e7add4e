package io.skerry.helm.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.helm.Helm;
import io.skerry.helm.HelmException;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetExpressionTest {
    private static final String[] CASES = {
        "a=1", "a=1.5", "a=text", "a=true", "a=null", "a=0", "a=007", "a=-5", "a=", "a=12345678901234567890", "a=1e5", "a.b.c=x", "map.old=new",
        "map=flat", "list[0]=z", "list[3]=far", "new[1]=x", "new[0].k=v", "new[0][1]=v", "list[0].k=v", "a={x,y,z}", "a={}", "a={1,true,null,a b}",
        "a=x\\,y", "a\\.b=dotted", "a=1,b=2,c.d=3", "a=x=y", "a={a,b},b=c", "map.old=null", "a.b=c,a.d=e,a.b=f", "list=null", "a=[1]", "a={a\\,b,c}",
        "a.b\\.c/d=annotation", "a=\\{x\\}", "map.deep.new=1", "a= spaced ", "users[0].name=x,users[0].age=3",
    };
    private static final String[] ERRORS = {"a", "a,b=1", "a.=", "a[-1]=1", "a[x]=1", "a[70000]=1", "a[0]", "a={x", "a[0]b=1"};

    @TempDir
    Path dir;

    @Test
    void setsWhatHelmSets() {
        Path chart = HelmOracle.write(dir, Map.of("Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n", "values.yaml", "map: {old: 1, deep: {x: y}}\nlist: [a, {k: old}]\n",
            "templates/x.yaml", "kind: X\nv: {{ toJson .Values | quote }}\ntypes: {{ range $k, $v := .Values }}{{ $k }}={{ typeOf $v }} {{ end }}\n"));
        List<String> differences = new ArrayList<>();
        for (String c : CASES) {
            String want;
            // The library escapes what is in its value, so all of the expression is in its key.
            try {
                want = new com.marcnuri.helm.Helm(chart).template().withName("d").withNamespace("n").set(c + ",last", "END").call();
            } catch (RuntimeException e) {
                want = "error";
            }
            String have;
            try {
                Map<String, Object> values = new UserValues().set(c + ",last=END").toMap();
                have = Helm.template(Chart.ofFolder(chart), TemplateRequest.of("d", "n", values)).manifest();
            } catch (HelmException e) {
                have = "error";
            }
            if (!want.strip().equals(have.strip())) {
                differences.add(c + "\n  helm: " + want + "\n  ours: " + have);
            }
        }
        assertThat(differences).isEmpty();
    }

    @Test
    void saysWhatIsWrong() {
        for (String e : ERRORS) {
            assertThatThrownBy(() -> new UserValues().set(e)).as(e).isInstanceOf(HelmException.class).hasMessageStartingWith("cannot parse the values expression " + e);
        }
        assertThatThrownBy(() -> new UserValues().set("a.".repeat(40) + "b=1")).hasMessageContaining("nested level");
    }

    @Test
    void stringsStayStrings() {
        assertThat(new UserValues().setString("a=1,b=true").toMap()).isEqualTo(Map.of("a", "1", "b", "true"));
    }

    @Test
    void laterValuesWin() {
        assertThat(new UserValues().yaml("a: {b: 1, c: 2}\nd: [1]", "one").yaml("a: {b: 3}\nd: [2]\ne: null", "two").set("a.c=5").toMap())
            .hasToString("{a={b=3.0, c=5}, d=[2.0], e=null}");
        assertThatThrownBy(() -> new UserValues().yaml("a: 1\nb: [", "mine.yaml")).hasMessageContaining("mine.yaml:2");
        assertThatThrownBy(() -> new UserValues().yaml("- a", "mine.yaml")).hasMessageContaining("mine.yaml:1").hasMessageContaining("must be a map");
    }
}
