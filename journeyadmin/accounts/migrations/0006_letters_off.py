from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_clock"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="letters_off",
            field=models.BooleanField(db_default=False, default=False, verbose_name="single letters off"),
        ),
    ]
